// What share of all waits was at most so long, up to 99.99 %: time against nines.

import { legend } from "./legend.ts";
import { lineThrough, mark, type Point, widthOf, words } from "./marks.ts";
import { fromZero, logScale, ninesScale } from "./scale.ts";
import { type Unit, written } from "./units.ts";

export interface PercentileCurve {
  readonly name: string;
  readonly colour: number;
  readonly style?: "dashed";
  /** Rising: so long for so large a share. */
  readonly points: readonly (readonly [share: number, value: number])[];
}

export interface PercentilePlot {
  readonly title: string;
  readonly unit: Unit;
  readonly curves: readonly PercentileCurve[];
  readonly scale: "linear" | "log";
}

export function drawPercentiles(plot: PercentilePlot, frame: { width: number; height: number }): string {
  const { width, height } = frame;
  const key = legend(
    plot.curves.map(({ name, colour, style }) => ({ name, colour, kind: style ?? "line" })),
    0,
    width,
  );
  const values = plot.curves.flatMap(({ points }) => points.map(([, value]) => value)).filter((it) => it > 0);
  const max = Math.max(0.001, ...values);
  const bottom = height - 40;
  const top = key.rows * 22 + 8;
  const scale =
    plot.scale === "log"
      ? logScale(Math.min(...values, max), max, bottom, top)
      : fromZero(max, bottom, top, Math.max(2, Math.round((bottom - top) / 50)), plot.unit);
  const left =
    Math.ceil(Math.max(...scale.ticks.map((tick) => widthOf(written(tick, plot.unit), 11.5)))) + 10;
  const right = width - 12;
  const shares = ninesScale(left, right);
  const across = (value: number, kind: string) =>
    mark("path", { class: kind, d: `M${left} ${Math.round(scale.place(value)) + 0.5}H${right}` });
  const inside = [
    ...scale.between.map((value) => across(value, "fine")),
    ...scale.ticks.map((value) => across(value, "grid")),
    ...scale.ticks.map((value) =>
      words(written(value, plot.unit), left - 7, scale.place(value) + 4, { "text-anchor": "end" }),
    ),
    ...shares.ticks.map((share) => {
      const x = shares.place(share);
      const line = mark("path", { class: "grid", d: `M${Math.round(x) + 0.5} ${top}V${bottom + 4}` });
      return (
        line + words(shareName(share), x, bottom + 17, { "text-anchor": share > 0.9998 ? "end" : "middle" })
      );
    }),
    words("of all were at most so long", (left + right) / 2, height - 6, { "text-anchor": "middle" }),
    ...plot.curves.map(({ colour, style, points }) => {
      const places = points.map(([share, value]): Point => [shares.place(share), scale.place(value)]);
      return mark("path", { class: `curve s${colour} ${style ?? ""}`, d: lineThrough(places) });
    }),
    key.svg,
  ].join("");
  return mark(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "plot-svg",
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": plot.title,
    },
    inside,
  );
}

function shareName(share: number): string {
  return share === 0.5 ? "median" : `${Number((share * 100).toFixed(4))} %`;
}

/** The curve of a histogram; a share is drawn only as far as the count can speak of it. */
export function curveOf(histogram: readonly (readonly [upTo: number, count: number])[]): [number, number][] {
  const total = histogram.reduce((sum, [, count]) => sum + count, 0);
  const points: [number, number][] = [];
  let before = 0;
  for (const [upTo, count] of histogram) {
    if (count === 0) continue;
    const share = before / total;
    before += count;
    points.push([share, upTo]);
    points.push([Math.min(before / total, 1 - 1 / (total + 1)), upTo]);
    if (share > 0.9999) break;
  }
  return points;
}
