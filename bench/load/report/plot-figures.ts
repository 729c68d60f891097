// Plots in a page: a figure with its title, the drawing of a usual width (the page's script draws anew for the width
// that there is), a table of the same values for those who read rather than look, and the data for the script.

import { drawLines, type LinePlot } from "#bench/plots/line-plot.ts";
import { escaped } from "#bench/plots/marks.ts";
import { drawPercentiles } from "#bench/plots/percentile-plot.ts";
import { clock, written } from "#bench/plots/units.ts";
import type { PagePlot } from "./plots-of-run.ts";
import { table } from "./sections.ts";

const usualWidth = { wide: 1040, half: 500 };
const height = { wide: 360, half: 270 };
const rowsMax = 60;

export function figureOf(plot: PagePlot): string {
  const size = plot.isWide ? "wide" : "half";
  const frame = { width: usualWidth[size], height: height[size] };
  const svg = plot.kind === "lines" ? drawLines(plot.plot, frame).svg : drawPercentiles(plot.plot, frame);
  const help = plot.kind === "lines" ? ' tabindex="0" aria-describedby="how-to-read"' : "";
  const scale =
    plot.plot.scale === "log" && plot.kind === "lines" ? ' <span class="log">log scale</span>' : "";
  return `<figure class="plot ${size}" id="plot-${plot.id}">
<figcaption><h2>${escaped(plot.plot.title)}${scale}</h2><p>${escaped(plot.note)}</p></figcaption>
<div class="canvas" data-plot="${plot.id}" data-height="${frame.height}"${help}>${svg}</div>
<details><summary>As a table</summary>${plot.kind === "lines" ? linesTable(plot.plot) : sharesTable(plot)}</details>
</figure>`;
}

/** Data for the script, safe inside a script element. */
export function plotData(plots: readonly PagePlot[]): string {
  const json = JSON.stringify(plots).replaceAll("<", "\\u003c");
  return `<script type="application/json" id="plots">${json}</script>`;
}

/** Every n-th second where there are many. */
function linesTable(plot: LinePlot): string {
  const step = Math.max(1, Math.ceil(plot.timesMs.length / rowsMax));
  const rows = plot.timesMs.flatMap((at, i) =>
    i % step === 0
      ? [[clock(at), ...plot.lines.map(({ values }) => written(values[i] ?? null, plot.unit))]]
      : [],
  );
  const every = step === 1 ? "" : `, every ${step} seconds`;
  return table(`${plot.title}${every}`, ["time", ...plot.lines.map(({ name }) => name)], rows);
}

function sharesTable({ plot }: Extract<PagePlot, { kind: "percentiles" }>): string {
  const shares = [0.5, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999];
  const rows = plot.curves.map(({ name, points }) => [
    name,
    ...shares.map((share) => written(points.find(([at]) => at >= share)?.[1] ?? null, plot.unit)),
  ]);
  return table(plot.title, ["", ...shares.map((share) => `${Number((share * 100).toFixed(4))} %`)], rows);
}
