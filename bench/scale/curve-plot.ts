// A cost over a number that grows by powers of ten: points that were measured and the curve through them, as a file
// that stands by itself, light and dark.

import { dark, light, plotStyle, themeVariables } from "#bench/plots/colours.ts";
import { legend } from "#bench/plots/legend.ts";
import { lineThrough, mark, type Point, words } from "#bench/plots/marks.ts";
import { fromZero } from "#bench/plots/scale.ts";
import { type Unit, written } from "#bench/plots/units.ts";
import type { At } from "./curve-fit.ts";

export interface Series {
  readonly name: string;
  readonly points: readonly At[];
  /** The fitted curve, where there is one. */
  readonly fitted?: (n: number) => number;
}

const [width, height] = [720, 300];
const [left, right, top, bottom] = [64, 16, 58, 40];
const steps = 60;

export function curvePlot(title: string, unit: Unit, of: string, series: readonly Series[]): string {
  const all = series.flatMap(({ points }) => points);
  const lowest = Math.floor(Math.log10(Math.min(...all.map(({ n }) => n))));
  const highest = Math.ceil(Math.log10(Math.max(...all.map(({ n }) => n))) - 1e-9);
  const y = fromZero(Math.max(...all.map(({ y }) => y)) * 1.05, height - bottom, top, 5, unit);
  const x = (n: number) =>
    left + ((Math.log10(n) - lowest) / Math.max(1, highest - lowest)) * (width - left - right);
  const decades = Array.from({ length: highest - lowest + 1 }, (_, i) => 10 ** (lowest + i));
  const axes = [
    ...y.ticks.map((tick) =>
      mark("path", { class: "grid", d: `M${left} ${y.place(tick)}H${width - right}` }),
    ),
    ...y.ticks.map((tick) =>
      words(written(tick, unit), left - 8, y.place(tick) + 4, { "text-anchor": "end" }),
    ),
    // The last one ends at the edge, so that its end is not cut off.
    ...decades.map((n, i) => {
      const isLast = i === decades.length - 1;
      const place = isLast ? width - 4 : x(n);
      const anchor = { "text-anchor": isLast ? "end" : "middle" };
      return words(n.toLocaleString("en"), place, height - bottom + 18, anchor);
    }),
    words(of, (left + width - right) / 2, height - 6, { "text-anchor": "middle" }),
  ];
  const curves = series.map(({ points, fitted }, at) => {
    const dots = points.map(({ n, y: value }) =>
      mark("circle", { class: `f${at + 1}`, cx: x(n), cy: y.place(value), r: 3.2 }),
    );
    const sorted = [...points].sort((one, other) => one.n - other.n);
    const path: Point[] = fitted
      ? along(points, (n) => [x(n), y.place(fitted(n))])
      : sorted.map(({ n, y: value }) => [x(n), y.place(value)]);
    return mark("path", { class: `curve s${at + 1}`, d: lineThrough(path) }) + dots.join("");
  });
  const key = legend(
    series.map(({ name }, at) => ({ name, colour: at + 1, kind: "line" as const })),
    left,
    width - right,
  );
  const heading = words(title, left, 18, { class: "heading" });
  const style = `svg{${themeVariables(light)}}@media (prefers-color-scheme:dark){svg{${themeVariables(dark)}}}${plotStyle}.paper{fill:var(--plot-paper)}`;
  return `${mark(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      class: "plot-svg",
      role: "img",
      "aria-label": title,
    },
    mark("style", {}, style) +
      mark("rect", { class: "paper", width, height }) +
      heading +
      mark("g", { transform: "translate(0 28)" }, key.svg) +
      axes.join("") +
      curves.join(""),
  )}\n`;
}

function along(points: readonly At[], place: (n: number) => Point): Point[] {
  const [from, to] = [Math.min(...points.map(({ n }) => n)), Math.max(...points.map(({ n }) => n))];
  return Array.from({ length: steps + 1 }, (_, i) => place(from * (to / from) ** (i / steps)));
}
