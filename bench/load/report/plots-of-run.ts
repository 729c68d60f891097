// Which plots a run has, and what is in each. A plot that would be empty is left out.

import type { RunFile, Sample } from "#bench/load/run-file.ts";
import { cpuShareMax } from "#bench/load/saturation.ts";
import type { Band, Line, LinePlot } from "#bench/plots/line-plot.ts";
import { curveOf, type PercentilePlot } from "#bench/plots/percentile-plot.ts";
import { isFault } from "./hurt.ts";

export type PagePlot = { readonly id: string; readonly note: string; readonly isWide: boolean } & (
  | { readonly kind: "lines"; readonly plot: LinePlot }
  | { readonly kind: "percentiles"; readonly plot: PercentilePlot }
);

export function plotsOf(run: RunFile): PagePlot[] {
  const { series } = run;
  const bands = bandsOf(run);
  const timesMs = series.map(({ atMs }) => atMs);
  const lines = (
    id: string,
    title: string,
    note: string,
    unit: LinePlot["unit"],
    drawn: readonly Line[],
    more: Partial<LinePlot> & { isWide?: boolean; isRare?: boolean } = {},
  ): PagePlot[] => {
    const { isWide = false, isRare = false, ...rest } = more;
    const full = drawn.filter(({ values }) => values.some((value) => value !== null));
    if (isRare && full.every(({ values }) => values.every((value) => !value))) return [];
    if (full.length === 0) return [];
    const plot: LinePlot = { title, unit, timesMs, lines: full, bands, scale: "linear", ...rest };
    return [{ kind: "lines", id, note, isWide, plot }];
  };
  const of = (name: string, colour: number, value: (it: Sample) => number | null, style?: Line["style"]) => ({
    name,
    colour,
    ...(style ? { style } : {}),
    values: series.map((sample) => tidy(value(sample))),
  });
  const waited =
    (key: "ackP50Ms" | "ackP99Ms" | "deliveryP50Ms" | "deliveryP99Ms" | "openP99Ms") => (it: Sample) =>
      it[key] > 0 ? it[key] : null;
  const waits = [
    of("acknowledged, p99", 1, waited("ackP99Ms")),
    of("acknowledged, median", 1, waited("ackP50Ms"), "thin"),
    of("delivered, p99", 2, waited("deliveryP99Ms")),
    of("delivered, median", 2, waited("deliveryP50Ms"), "thin"),
    of("conversation opened, p99", 3, waited("openP99Ms"), "dashed"),
  ];
  const roles = rolesOf(series);
  return [
    ...lines(
      "latency",
      "Latency over time",
      "Of each second, from the moment each action was due.",
      "ms",
      waits,
      {
        scale: scaleFor(waits),
        isWide: true,
      },
    ),
    ...percentiles(run),
    ...lines("throughput", "Messages sent", "What was due, and what was acknowledged.", "/s", [
      of("due", 8, (it) => it.offered, "dashed"),
      of("acknowledged", 1, (it) => it.sent),
    ]),
    ...lines("delivered", "Messages delivered", "What reached other devices.", "/s", [
      of("delivered", 2, (it) => it.delivered, "area"),
    ]),
    ...lines("online", "Live sessions", "Devices that are logged in and connected.", "count", [
      of("live sessions", 3, (it) => it.online, "area"),
    ]),
    ...lines(
      "reconnects",
      "Reconnects",
      "Sessions that came back, each second.",
      "/s",
      [of("reconnects", 4, (it) => it.reconnects, "area")],
      { isRare: true },
    ),
    ...lines(
      "refused",
      "Refusals and failures",
      "Answers that said no, and none at all.",
      "/s",
      wrongs(series),
      {
        isStacked: true,
        isRare: true,
      },
    ),
    ...lines(
      "cpu",
      "Server CPU",
      "All its processes and the database; 100 % is one core.",
      "share",
      serverLines(series, roles, "cpuShare"),
      {
        isStacked: roles.length > 0,
      },
    ),
    ...lines(
      "memory",
      "Server memory",
      "All its processes and the database.",
      "bytes",
      serverLines(series, roles, "memoryBytes"),
      {
        isStacked: roles.length > 0,
      },
    ),
    ...lines(
      "generator",
      "The generator itself",
      "Its busiest process; over the line a run is void.",
      "share",
      [of("share of one core", 8, (it) => it.generatorCpuShare, "area")],
      { rule: { at: cpuShareMax, name: "void over" } },
    ),
  ];
}

export function bandsOf(run: Pick<RunFile, "phases">): Band[] {
  return run.phases.map((phase) => {
    const { name, fromMs, toMs } = phase;
    const isBroken = isFault(phase);
    return {
      fromMs,
      toMs,
      isFault: isBroken,
      name: isBroken ? name.replace(/^fault:?\s*/, "") || name : name,
    };
  });
}

/** Linear while the worst second can be seen beside the usual one. */
export function scaleFor(drawn: readonly Line[]): "linear" | "log" {
  const values = drawn.flatMap((line) => line.values.filter((value) => value !== null)).sort((a, b) => a - b);
  const median = values[values.length >> 1] ?? 1;
  return (values.at(-1) ?? 0) > median * 25 ? "log" : "linear";
}

const waitNames: Readonly<Record<string, string>> = {
  ack: "acknowledged",
  delivery: "delivered",
  open: "conversation opened",
  resume: "resumed",
  login: "logged in",
  catchUp: "caught up",
  page: "older messages",
  search: "messages searched",
  userSearch: "person searched",
  react: "reacted",
  edit: "edited",
  join: "room joined",
};

export function waitName(key: string): string {
  return waitNames[key] ?? key;
}

/** A curve of fewer says nothing of a tail. */
const tellingCount = 100;
const curvesMax = 6;

function percentiles(run: RunFile): PagePlot[] {
  const known = Object.entries(run.latency).filter(([, { count }]) => count > 0);
  const often = known.filter(([, { count }]) => count >= tellingCount);
  const names = Object.keys(waitNames);
  const place = (key: string) => (names.includes(key) ? names.indexOf(key) : names.length);
  const curves = (often.length > 0 ? often : known)
    .sort((a, b) => place(a[0]) - place(b[0]) || b[1].count - a[1].count)
    .slice(0, curvesMax)
    .map(([key, { histogram }], i) => ({
      name: waitName(key),
      colour: i + 1,
      points: curveOf(histogram).map(shorten),
    }));
  if (curves.length === 0) return [];
  const plot: PercentilePlot = { title: "Latency by percentile", unit: "ms", curves, scale: "log" };
  const note = "Each nine has the same room, so that the slowest can be read; both axes are logarithmic.";
  return [{ kind: "percentiles", id: "percentiles", note, isWide: true, plot }];
}

function shorten([share, value]: readonly [number, number]): [number, number] {
  return [Number(share.toPrecision(7)), tidy(value)!];
}

const wrongsMax = 7;

/** Each second's refusals and failures by what they were, the most frequent first; the rest is one. */
function wrongs(series: readonly Sample[]): Line[] {
  const seconds = series.map(({ refused, failed = {} }) => ({ ...refused, ...failed }));
  const sums = new Map<string, number>();
  for (const second of seconds)
    for (const [name, count] of Object.entries(second)) sums.set(name, (sums.get(name) ?? 0) + count);
  const names = [...sums].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const shown = names.slice(0, wrongsMax);
  const lines = shown.map((name, i) => ({
    name,
    colour: [2, 5, 4, 1, 6, 3, 7][i]!,
    values: seconds.map((second) => second[name] ?? 0),
  }));
  if (names.length === shown.length) return lines;
  const rest = names.slice(wrongsMax);
  const values = seconds.map((second) => rest.reduce((sum, name) => sum + (second[name] ?? 0), 0));
  return [...lines, { name: "others", colour: 8, values }];
}

/** The dearest first, at most seven: the eighth colour is for the rest. */
function rolesOf(series: readonly Sample[]): string[] {
  const sums = new Map<string, number>();
  for (const { server } of series)
    for (const [role, { cpuShare }] of Object.entries(server?.byRole ?? {}))
      sums.set(role, (sums.get(role) ?? 0) + cpuShare);
  return [...sums].sort((a, b) => b[1] - a[1]).map(([role]) => role);
}

function serverLines(
  series: readonly Sample[],
  roles: readonly string[],
  key: "cpuShare" | "memoryBytes",
): Line[] {
  if (roles.length === 0) {
    const values = series.map(({ server }) => (server === null ? null : tidy(server[key])));
    return [{ name: "server", colour: 1, style: "area", values }];
  }
  const shown = roles.slice(0, roles.length > 8 ? 7 : 8);
  const lines = shown.map((role, i) => ({
    name: role,
    colour: i + 1,
    values: series.map(({ server }) => (server === null ? null : tidy(server.byRole?.[role]?.[key] ?? 0))),
  }));
  if (shown.length === roles.length) return lines;
  const rest = series.map(({ server }) =>
    server === null
      ? null
      : tidy(roles.slice(7).reduce((sum, role) => sum + (server.byRole?.[role]?.[key] ?? 0), 0)),
  );
  return [...lines, { name: "the rest", colour: 8, values: rest }];
}

/** Five digits: more cannot be seen, and a page of an hour stays small. */
function tidy(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(5));
}
