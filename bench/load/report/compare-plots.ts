// Two runs over one another: A and B in the same plot, second by second from the beginning of each.

import type { RunFile, Sample } from "#bench/load/run-file.ts";
import type { Line, LinePlot } from "#bench/plots/line-plot.ts";
import { curveOf } from "#bench/plots/percentile-plot.ts";
import { bandsOf, type PagePlot, scaleFor, waitName } from "./plots-of-run.ts";

const secondMs = 1_000;

export function comparePlots(a: RunFile, b: RunFile): PagePlot[] {
  const seconds =
    Math.max(...[a, b].map(({ series }) => Math.round((series.at(-1)?.atMs ?? 0) / secondMs))) + 1;
  const timesMs = Array.from({ length: seconds }, (_, i) => i * secondMs);
  const bands = bandsOf(a);
  const both = (
    id: string,
    title: string,
    unit: LinePlot["unit"],
    read: (second: Sample) => number | null,
    isWide = false,
  ): PagePlot[] => {
    const lines = [line("A", 1, a, read, seconds), line("B", 2, b, read, seconds)];
    if (lines.every(({ values }) => values.every((value) => value === null))) return [];
    const scale = unit === "ms" ? scaleFor(lines) : "linear";
    return [{ kind: "lines", id, note: "", isWide, plot: { title, unit, timesMs, lines, bands, scale } }];
  };
  const waited = (value: number) => (value > 0 ? value : null);
  return [
    ...both("ack-p99", "Acknowledged, p99 of each second", "ms", ({ ackP99Ms }) => waited(ackP99Ms), true),
    ...percentiles(a, b),
    ...both("delivery-p99", "Delivered, p99 of each second", "ms", ({ deliveryP99Ms }) =>
      waited(deliveryP99Ms),
    ),
    ...both("open-p99", "Conversation opened, p99 of each second", "ms", ({ openP99Ms }) =>
      waited(openP99Ms),
    ),
    ...both("sent", "Sends acknowledged", "/s", ({ sent }) => sent),
    ...both("delivered", "Messages delivered", "/s", ({ delivered }) => delivered),
    ...both("cpu-message", "Server CPU a message", "us", ({ server, sent }) =>
      server === null || sent === 0 ? null : (server.cpuShare * 1e6) / sent,
    ),
    ...both("memory", "Server memory", "bytes", ({ server }) => server?.memoryBytes ?? null),
    ...both("online", "Live sessions", "count", ({ online }) => online),
    ...both("generator", "The generator's busiest process", "share", (second) => second.generatorCpuShare),
  ];
}

function line(
  name: string,
  colour: number,
  run: RunFile,
  read: (second: Sample) => number | null,
  seconds: number,
): Line {
  const values: (number | null)[] = Array.from({ length: seconds }, () => null);
  for (const second of run.series) {
    const value = read(second);
    values[Math.round(second.atMs / secondMs)] = value === null ? null : Number(value.toPrecision(5));
  }
  return { name, colour, values };
}

/** A wait has its colour; A is drawn through, B in dashes. */
function percentiles(a: RunFile, b: RunFile): PagePlot[] {
  const keys = Object.keys(a.latency).filter(
    (key) => a.latency[key]!.count > 0 && (b.latency[key]?.count ?? 0) > 0,
  );
  const curves = keys.slice(0, 4).flatMap((key, i) => {
    const points = (run: RunFile) =>
      curveOf(run.latency[key]!.histogram).map(([share, ms]): [number, number] => [
        share,
        Number(ms.toPrecision(5)),
      ]);
    return [
      { name: `${waitName(key)}, A`, colour: i + 1, points: points(a) },
      { name: `${waitName(key)}, B`, colour: i + 1, style: "dashed" as const, points: points(b) },
    ];
  });
  if (curves.length === 0) return [];
  const note = "A drawn through, B in dashes.";
  const plot = { title: "Latency by percentile", unit: "ms" as const, curves, scale: "log" as const };
  return [{ kind: "percentiles", id: "percentiles", note, isWide: true, plot }];
}
