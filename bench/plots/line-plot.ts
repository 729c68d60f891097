// Values over time: lines or stacked areas, with phases and faults shaded behind them. What is to be drawn is plain
// data, so that a page carries it and draws again for its width or for a piece of the time.

import { fitted, legend, type Mark } from "./legend.ts";
import { areaBetween, escaped, lineThrough, mark, type Point, widthOf, words } from "./marks.ts";
import { fromZero, logScale, type Scale, timeScale } from "./scale.ts";
import { clock, type Unit, written } from "./units.ts";

export interface Line {
  readonly name: string;
  /** One of the eight of the theme, from 1. */
  readonly colour: number;
  readonly style?: "thin" | "dashed" | "area";
  /** One for each time; null where nothing was measured. */
  readonly values: readonly (number | null)[];
}

export interface Band {
  readonly fromMs: number;
  readonly toMs: number;
  readonly name: string;
  readonly isFault: boolean;
}

export interface LinePlot {
  readonly title: string;
  readonly unit: Unit;
  readonly timesMs: readonly number[];
  readonly lines: readonly Line[];
  /** The lines stand on one another and the top is their sum. */
  readonly isStacked?: boolean;
  readonly bands: readonly Band[];
  readonly scale: "linear" | "log";
  /** A line across, at a value that means something. */
  readonly rule?: { readonly at: number; readonly name: string };
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** The piece of time that is shown; all without it. */
  readonly window?: readonly [fromMs: number, toMs: number];
}

export interface Drawn {
  readonly svg: string;
  /** Where time runs, in the units of the picture, for whoever follows the pointer. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly window: readonly [fromMs: number, toMs: number];
}

const legendHeight = 22;
const bandRow = 15;

export function drawLines(plot: LinePlot, frame: Frame): Drawn {
  const window = frame.window ?? [plot.timesMs[0] ?? 0, plot.timesMs.at(-1) ?? 1_000];
  const seen = visible(plot, window);
  const key = legend(keysOf(plot), 0, frame.width);
  const levels = levelsOf(plot, seen);
  const draft = valueScale(plot, levels, 0, 0, frame.height);
  const left =
    Math.ceil(Math.max(...draft.ticks.map((tick) => widthOf(written(tick, plot.unit), 11.5)))) + 10;
  const right = frame.width - 10;
  const time = timeScale(window[0], window[1], left, right, (right - left) / 70);
  const faults = plot.bands.filter((band) => band.isFault && touches(band, window));
  const named = fitted(
    faults.map((band) => ({ text: band.name, at: Math.max(left, time.place(band.fromMs)) })),
    right,
  );
  const rows = Math.max(0, ...named.map(({ row }) => row + 1));
  const top = key.rows * legendHeight + 20 + rows * bandRow;
  const bottom = frame.height - 22;
  const scale = valueScale(plot, levels, bottom, top, bottom - top);
  const shade = bandsOf(plot.bands, time, window, top, bottom, named);
  const inner = plot.isStacked
    ? stacks(plot, levels, seen, time, scale)
    : lines(plot, levels, seen, time, scale, bottom);
  const svg = [
    shade,
    gridOf(scale, plot.unit, left, right),
    timeAxis(time, bottom, right),
    ruleOf(plot, scale, left, right),
    clipped(inner, left, right, frame.height),
    key.svg,
  ].join("");
  return { svg: picture(svg, frame, plot.title), left, right, top, bottom, window };
}

/** An svg within an svg shows nothing beyond its sides. */
function clipped(inside: string, left: number, right: number, height: number): string {
  const width = right - left;
  return mark("svg", { x: left, y: 0, width, height, viewBox: `${left} 0 ${width} ${height}` }, inside);
}

function picture(inside: string, frame: Frame, title: string): string {
  return mark(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "plot-svg",
      viewBox: `0 0 ${frame.width} ${frame.height}`,
      role: "img",
      "aria-label": title,
    },
    inside,
  );
}

function keysOf(plot: LinePlot): Mark[] {
  return plot.lines.map(({ name, colour, style }) => ({
    name,
    colour,
    kind: plot.isStacked || style === "area" ? "box" : (style ?? "line"),
  }));
}

/** The indices inside the window and one on each side, so that lines run to the edge. */
function visible(plot: LinePlot, [from, to]: readonly [number, number]): [number, number] {
  const first = plot.timesMs.findIndex((at) => at >= from);
  const last = plot.timesMs.findLastIndex((at) => at <= to);
  return [Math.max(0, first - 1), Math.min(plot.timesMs.length, last + 2)];
}

/** What is drawn: the values, or where they stand on one another their sums. */
function levelsOf(plot: LinePlot, [from, to]: [number, number]): (number | null)[][] {
  const cut = plot.lines.map(({ values }) => values.slice(from, to));
  if (!plot.isStacked) return cut;
  const sums: number[] = Array.from({ length: Math.max(0, to - from) }, () => 0);
  return cut.map((values) => values.map((value, i) => (sums[i] = sums[i]! + (value ?? 0))));
}

function valueScale(
  plot: LinePlot,
  levels: readonly (number | null)[][],
  start: number,
  end: number,
  room: number,
): Scale {
  let max = 0;
  let min = Number.POSITIVE_INFINITY;
  for (const values of levels)
    for (const value of values) {
      if (value === null) continue;
      if (value > max) max = value;
      if (value > 0 && value < min) min = value;
    }
  if (plot.scale === "log" && max > 0) return logScale(min, max, start, end);
  const rule = (plot.rule?.at ?? 0) * 1.05;
  return fromZero(Math.max(max, rule), start, end, Math.max(2, Math.round(Math.abs(room) / 55)), plot.unit);
}

function gridOf(scale: Scale, unit: Unit, left: number, right: number): string {
  const line = (value: number, kind: string) =>
    mark("path", { class: kind, d: `M${left} ${Math.round(scale.place(value)) + 0.5}H${right}` });
  return [
    ...scale.between.map((value) => line(value, "fine")),
    ...scale.ticks.map((value) => line(value, "grid")),
    ...scale.ticks.map((value) =>
      words(written(value, unit), left - 7, scale.place(value) + 4, { "text-anchor": "end" }),
    ),
  ].join("");
}

function timeAxis(time: Scale, bottom: number, right: number): string {
  const marks = time.ticks.map((at) => {
    const x = time.place(at);
    const anchor = x > right - 16 ? "end" : "middle";
    const tick = mark("path", { class: "base", d: `M${Math.round(x) + 0.5} ${bottom}v4` });
    return tick + words(clock(at), Math.min(x, right), bottom + 17, { "text-anchor": anchor });
  });
  return marks.join("");
}

function ruleOf({ rule, unit }: LinePlot, scale: Scale, left: number, right: number): string {
  if (rule === undefined) return "";
  const y = scale.place(rule.at);
  return (
    mark("path", { class: "rule", d: `M${left} ${y}H${right}` }) +
    words(`${rule.name} ${written(rule.at, unit)}`, right - 4, y - 5, {
      "text-anchor": "end",
      class: "fault-name",
    })
  );
}

function touches(band: Band, [from, to]: readonly [number, number]): boolean {
  return band.toMs > from && band.fromMs < to;
}

function bandsOf(
  bands: readonly Band[],
  time: Scale,
  window: readonly [number, number],
  top: number,
  bottom: number,
  faultNames: readonly { text: string; at: number; row: number }[],
): string {
  const [left, right] = [time.place(window[0]), time.place(window[1])];
  const shades = bands.map((band, i) => {
    if (!touches(band, window)) return "";
    const from = Math.max(left, time.place(band.fromMs));
    const to = Math.min(right, time.place(band.toMs));
    const kind = band.isFault ? " fault" : "";
    const box = { x: from, y: top, width: Math.max(1.5, to - from), height: bottom - top };
    const filled =
      band.isFault || i % 2 === 1
        ? mark("rect", { class: `band${kind}`, ...box }, `<title>${escaped(band.name)}</title>`)
        : "";
    const name =
      band.isFault || to - from < widthOf(band.name, 11.5) + 6 ? "" : words(band.name, from + 4, top - 6);
    const edge =
      from > left + 1
        ? mark("path", { class: `edge${kind}`, d: `M${from} ${top - (band.isFault ? 0 : 14)}V${bottom}` })
        : "";
    return filled + edge + name;
  });
  const names = faultNames.map(({ text, at, row }) =>
    words(text, at, top - 21 - row * bandRow, { class: "fault-name" }),
  );
  return shades.join("") + names.join("");
}

function lines(
  plot: LinePlot,
  levels: readonly (number | null)[][],
  [from]: [number, number],
  time: Scale,
  scale: Scale,
  bottom: number,
): string {
  return plot.lines
    .map((line, n) => {
      const points = levels[n]!.map((value, i): Point | null =>
        value === null || (plot.scale === "log" && value <= 0)
          ? null
          : [time.place(plot.timesMs[from + i]!), scale.place(value)],
      );
      const kind = line.style === "thin" || line.style === "dashed" ? ` ${line.style}` : "";
      const curve = mark("path", { class: `curve s${line.colour}${kind}`, d: lineThrough(thinned(points)) });
      if (line.style !== "area") return curve;
      const whole = points.filter((point) => point !== null);
      const floor = whole.map(([x]): Point => [x, bottom]);
      return mark("path", { class: `area faint f${line.colour}`, d: areaBetween(whole, floor) }) + curve;
    })
    .join("");
}

function stacks(
  plot: LinePlot,
  levels: readonly (number | null)[][],
  [from]: [number, number],
  time: Scale,
  scale: Scale,
): string {
  const level = (values: readonly (number | null)[]) =>
    values.map((value, i): Point => [time.place(plot.timesMs[from + i]!), scale.place(value ?? 0)]);
  return plot.lines
    .map(({ colour }, n) => {
      const upper = level(levels[n]!);
      const lower = level(n === 0 ? levels[n]!.map(() => 0) : levels[n - 1]!);
      return mark("path", { class: `area f${colour}`, d: areaBetween(upper, lower) });
    })
    .join("");
}

/** Where many points share a pixel, its first, least, greatest and last one are all that can be seen. */
function thinned(points: readonly (Point | null)[]): (Point | null)[] {
  const width = Math.abs(
    (points.findLast((it) => it !== null)?.[0] ?? 0) - (points.find((it) => it !== null)?.[0] ?? 0),
  );
  if (points.length < width * 4) return [...points];
  const kept: (Point | null)[] = [];
  for (let i = 0; i < points.length; ) {
    const first = points[i]!;
    if (first === null) {
      kept.push(null);
      i++;
      continue;
    }
    const column = Math.round(first[0]);
    let end = i;
    while (end < points.length && points[end] && Math.round(points[end]![0]) === column) end++;
    const here = points.slice(i, end) as Point[];
    const by = here.toSorted((a, b) => a[1] - b[1]);
    const chosen = new Set([here[0]!, by[0]!, by.at(-1)!, here.at(-1)!]);
    kept.push(...here.filter((point) => chosen.has(point)));
    i = end;
  }
  return kept;
}
