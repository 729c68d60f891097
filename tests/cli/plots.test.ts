// The plots tell the truth: axes of amounts begin at zero, bars are as long as their values, nothing drawn leaves its
// axis, and every colour can be seen on its paper.

import { expect, test } from "bun:test";
import { seededNumbers } from "#bench/driver/seeded.ts";
import { drawBars } from "#bench/plots/bar-plot.ts";
import { asFile, dark, light } from "#bench/plots/colours.ts";
import { drawLines, type LinePlot } from "#bench/plots/line-plot.ts";
import { curveOf } from "#bench/plots/percentile-plot.ts";
import { fromZero, logScale } from "#bench/plots/scale.ts";
import { sparkline } from "#bench/plots/sparkline.ts";

test("a linear axis begins at zero and holds the greatest value, whatever it is", () => {
  const next = seededNumbers(41);
  for (let i = 0; i < 500; i++) {
    const max = 10 ** (next() * 12 - 3);
    for (const unit of ["ms", "/s", "bytes", "count", "share"] as const) {
      const { ticks, place } = fromZero(max, 200, 0, 4, unit);
      expect(ticks[0]).toBe(0);
      expect(ticks.at(-1)!).toBeGreaterThanOrEqual(max * 0.999);
      expect(ticks.length).toBeLessThan(12);
      expect(place(max)).toBeGreaterThanOrEqual(-0.5);
    }
  }
});

test("a logarithmic axis holds all values and has rising words to read them by", () => {
  const next = seededNumbers(42);
  for (let i = 0; i < 500; i++) {
    const min = 10 ** (next() * 6 - 3);
    const max = min * 10 ** (next() * 5);
    const { ticks, place } = logScale(min, max, 0, 100);
    expect(place(min)).toBeGreaterThanOrEqual(-0.1);
    expect(place(max)).toBeLessThanOrEqual(100.1);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
  }
});

test("a bar is as long as its value", () => {
  const row = (name: string, value: number) => ({ name, value, kind: "peer" as const });
  const svg = drawBars({ title: "t", unit: "us", rows: [row("a", 100), row("b", 50), row("c", 25)] });
  const lengths = [...svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map((found) => Number(found[1]));
  expect(lengths[1]! / lengths[0]!).toBeCloseTo(0.5, 2);
  expect(lengths[2]! / lengths[0]!).toBeCloseTo(0.25, 2);
});

test("a fault is shaded and named; a second without a value leaves a hole in the line", () => {
  const plot: LinePlot = {
    title: "t",
    unit: "ms",
    timesMs: [0, 1_000, 2_000, 3_000, 4_000],
    lines: [{ name: "a", colour: 1, values: [1, 2, null, 3, 4] }],
    bands: [{ fromMs: 1_000, toMs: 2_000, name: "<gateway>", isFault: true }],
    scale: "linear",
  };
  const { svg } = drawLines(plot, { width: 400, height: 200 });
  expect(svg).toContain("&lt;gateway&gt;");
  expect(svg).not.toContain("<gateway>");
  const curve = /class="curve s1" d="(M[^"]*)"/g;
  const paths = [...svg.matchAll(curve)].map((found) => found[1]!);
  expect(paths[0]!.match(/M/g)).toHaveLength(2);
});

test("a curve of percentiles rises, and ends where the count has no more to say", () => {
  const points = curveOf([
    [1, 50],
    [2, 40],
    [8, 10],
  ]);
  expect(points.at(-1)).toEqual([1 - 1 / 101, 8]);
  expect(points.map(([, value]) => value)).toEqual([1, 1, 2, 2, 8, 8]);
});

test("every colour of a series can be seen on its paper (3 to 1, WCAG 1.4.11), and words read (4.5 to 1)", () => {
  for (const theme of [light, dark]) {
    for (const colour of theme.series) expect(contrast(colour, theme.paper)).toBeGreaterThan(3);
    for (const colour of [theme.ink, theme.soft, theme.fault])
      expect(contrast(colour, theme.paper)).toBeGreaterThan(4.5);
    expect(asFile('<svg class="plot-svg"><path class="curve s1"/></svg>', theme)).toContain(theme.series[0]!);
  }
});

test("values that hardly differ make no mountain of a sparkline", () => {
  expect(new Set(sparkline([100, 100.5, 99.8])).size).toBeLessThan(3);
  expect(sparkline([1, 5, 10])).toBe("▁▄█");
});

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
