// The plots of docs/benchmarks.md, each as two files in docs/plots, for light and dark pages.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawBars, drawSpans } from "#bench/plots/bar-plot.ts";
import { asFile, dark, light } from "#bench/plots/colours.ts";
import { written } from "#bench/plots/units.ts";
import type { Run } from "./history.ts";
import { measured, shownJourneys } from "./report-peers.ts";
import { targets } from "./targets/targets.ts";

const folder = join(import.meta.dir, "../docs/plots");

interface Picture {
  readonly name: string;
  readonly journey: string;
  readonly title: string;
  readonly note: string;
  /** One key: bars; more: spans from the first to the last. */
  readonly keys: readonly string[];
  readonly unit: "us" | "/s" | "KiB" | "ms" | "bytes";
  /** Written after each value. */
  readonly remark?: { readonly key: string; readonly words: (value: string) => string };
}

export const pictures: readonly Picture[] = [
  {
    name: "direct-cpu",
    journey: "direct",
    title: "CPU for a durable message to one person",
    note: "all processes and the database, saturated; less is better",
    keys: ["direct.saturation.cpuUs"],
    unit: "us",
  },
  {
    name: "direct-throughput",
    journey: "direct",
    title: "Messages to one person, each second",
    note: "all server processes on one core; more is better",
    keys: ["direct.saturation.perSecond"],
    unit: "/s",
  },
  {
    name: "direct-latency",
    journey: "direct",
    title: "Acknowledged within: median to the slowest of 1,000",
    note: "open: median; full: p99 and p99.9; each at half of its own saturation; logarithmic",
    keys: ["direct.half.ackP50Ms", "direct.half.ackP99Ms", "direct.half.ackP999Ms"],
    unit: "ms",
  },
  {
    name: "direct-latency-fixed",
    journey: "direct",
    title: "Acknowledged within, at 500 messages a second",
    note: "open: median; full: p99; logarithmic",
    keys: ["direct.fixed500.ackP50Ms", "direct.fixed500.ackP99Ms"],
    unit: "ms",
  },
  {
    name: "rooms-cpu",
    journey: "rooms",
    title: "CPU for a delivery in rooms of 100",
    note: "all processes and the database, saturated; less is better",
    keys: ["rooms.saturation.cpuUs"],
    unit: "us",
  },
  {
    name: "rooms-throughput",
    journey: "rooms",
    title: "Deliveries in rooms of 100, each second",
    note: "all server processes on one core; more is better",
    keys: ["rooms.saturation.perSecond"],
    unit: "/s",
  },
  {
    name: "rooms-latency",
    journey: "rooms",
    title: "Delivered in rooms of 100 within: median to the slowest of 1,000",
    note: "open: median; full: p99 and p99.9; each at half of its own saturation; logarithmic",
    keys: ["rooms.half.deliveryP50Ms", "rooms.half.deliveryP99Ms", "rooms.half.deliveryP999Ms"],
    unit: "ms",
  },
  {
    name: "rooms-latency-fixed",
    journey: "rooms",
    title: "Delivered in rooms of 100 within, at 300 messages a second",
    note: "30 in each room; open: median; full: p99; logarithmic",
    keys: ["rooms.fixed300.deliveryP50Ms", "rooms.fixed300.deliveryP99Ms"],
    unit: "ms",
  },
  {
    name: "large-room-cpu",
    journey: "largeRoom",
    title: "CPU for a delivery in a room of 1,000",
    note: "all processes and the database, saturated; less is better",
    keys: ["largeRoom.saturation.cpuUs"],
    unit: "us",
  },
  {
    name: "idle-memory",
    journey: "idle",
    title: "Memory of an idle session",
    note: "of the server's own processes; less is better",
    keys: ["idle.serverKiB"],
    unit: "KiB",
    remark: { key: "idle.withPostgresKiB", words: (value) => `(${value} with its database)` },
  },
];

/** Writes the files, and says which there are. */
export function writePlots(runs: readonly Run[]): Picture[] {
  mkdirSync(folder, { recursive: true });
  const drawn = pictures.flatMap((picture) => {
    const svg = pictureOf(picture, runs);
    return svg === null ? [] : [{ picture, svg }];
  });
  const files = drawn.flatMap(({ picture, svg }) => [
    { name: `${picture.name}-light.svg`, text: asFile(svg, light) },
    { name: `${picture.name}-dark.svg`, text: asFile(svg, dark) },
  ]);
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  const wanted = new Set(files.map(({ name }) => name));
  const drawable = new Set(pictures.flatMap(({ name }) => [`${name}-light.svg`, `${name}-dark.svg`]));
  for (const name of readdirSync(folder))
    if (drawable.has(name) && !wanted.has(name)) rmSync(join(folder, name));
  return drawn.map(({ picture }) => picture);
}

export function pictureOf(picture: Picture, runs: readonly Run[]): string | null {
  const { title, note, unit, keys, remark } = picture;
  const journey = shownJourneys.find(({ name }) => name === picture.journey)!;
  const rows = measured(journey, runs).flatMap(({ target, run }) => {
    const figures = run.figures[target]!;
    const values = keys.flatMap((key) => figures[key] ?? []);
    if (values.length < Math.min(2, keys.length)) return [];
    const { title: name, role: kind } = targets[target];
    const more = remark ? figures[remark.key] : undefined;
    const said = remark && more !== undefined ? { remark: remark.words(written(more, unit)) } : {};
    return [{ name, kind, values, value: values[0]!, ...said }];
  });
  if (rows.length === 0) return null;
  const sign = unit === "/s" ? -1 : 1;
  const isLimit = (kind: string) => Number(kind === "limit");
  rows.sort((a, b) => isLimit(a.kind) - isLimit(b.kind) || sign * (a.value - b.value));
  return keys.length === 1 ? drawBars({ title, note, unit, rows }) : drawSpans({ title, note, unit, rows });
}
