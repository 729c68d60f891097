// What differs between two runs, and whether it is more than chance. The seconds of a run hang together, so they are
// drawn anew in blocks (the circular block bootstrap of Politis and Romano, 1992), with a seed: the same two files
// always give the same answer. Chance between runs (another day, another machine state) is not in the interval.

import { seededNumbers } from "#bench/driver/seeded.ts";
import type { RunFile, Sample } from "#bench/load/run-file.ts";
import type { Unit } from "#bench/plots/units.ts";
import { steady } from "./tiles.ts";

export type Verdict = "same" | "better" | "worse" | "differs" | "unknown";

export interface Difference {
  readonly name: string;
  readonly unit: Unit;
  readonly a: number | null;
  readonly b: number | null;
  /** Of b to a: 0.1 is 10 % more; null where a is nothing. */
  readonly change: number | null;
  /** Between these with 99 %. */
  readonly between: readonly [low: number, high: number] | null;
  readonly verdict: Verdict;
}

interface Figure {
  readonly name: string;
  readonly unit: Unit;
  readonly better: "less" | "more" | null;
  /** A second's part of a sum over a sum; null where it has none. */
  of(second: Sample): readonly [above: number, below: number] | null;
}

const waited = (name: string, read: (second: Sample) => number): Figure => ({
  name,
  unit: "ms",
  better: "less",
  of: (second) => (read(second) > 0 ? [read(second), 1] : null),
});

const counted = (
  name: string,
  unit: Unit,
  better: Figure["better"],
  read: (second: Sample) => number,
): Figure => ({
  name,
  unit,
  better,
  of: (second) => [read(second), 1],
});

const shared = (
  name: string,
  unit: Unit,
  read: (second: Sample) => readonly [above: number, below: number],
): Figure => ({
  name,
  unit,
  better: "more",
  of: (second) => (read(second)[1] > 0 ? read(second) : null),
});

const figures: readonly Figure[] = [
  counted("sends offered", "/s", null, ({ offered }) => offered),
  // Of what was due: who was asked less has not done worse.
  shared("acknowledged, of those due", "share", ({ sent, offered }) => [sent, offered]),
  shared("deliveries of a message", "count", ({ delivered, sent }) => [delivered, sent]),
  waited("acknowledged, median", ({ ackP50Ms }) => ackP50Ms),
  waited("acknowledged, p99", ({ ackP99Ms }) => ackP99Ms),
  waited("delivered, median", ({ deliveryP50Ms }) => deliveryP50Ms),
  waited("delivered, p99", ({ deliveryP99Ms }) => deliveryP99Ms),
  waited("conversation opened, p99", ({ openP99Ms }) => openP99Ms),
  {
    name: "server CPU a message",
    unit: "us",
    better: "less",
    of: ({ server, sent }) => (server === null || sent === 0 ? null : [server.cpuShare * 1e6, sent]),
  },
  {
    name: "server memory",
    unit: "bytes",
    better: "less",
    of: ({ server }) => (server === null ? null : [server.memoryBytes, 1]),
  },
  counted("live sessions", "count", null, ({ online }) => online),
  counted("refusals", "/s", "less", ({ refused }) => Object.values(refused).reduce((all, n) => all + n, 0)),
  counted("reconnects", "/s", null, ({ reconnects }) => reconnects),
  counted("generator's CPU", "share", null, ({ generatorCpuShare }) => generatorCpuShare),
];

const draws = 2_000;
const secondsMin = 10;
/** A change of less than this is not worth a word, however sure it is. */
const changeMin = 0.01;

export function differences(a: RunFile, b: RunFile, seed = 1): Difference[] {
  const [first, second] = [steady(a), steady(b)];
  return figures.flatMap((figure, i) => {
    const parts = [partsOf(first, figure), partsOf(second, figure)] as const;
    if (parts[0].length === 0 && parts[1].length === 0) return [];
    return [difference(figure, parts[0], parts[1], seededNumbers(seed * 1_009 + i))];
  });
}

type Parts = readonly (readonly [number, number])[];

function partsOf(seconds: readonly Sample[], figure: Figure): Parts {
  return seconds.map((second) => figure.of(second)).filter((part) => part !== null);
}

function difference(figure: Figure, a: Parts, b: Parts, next: () => number): Difference {
  const { name, unit } = figure;
  const [was, is] = [ratio(a), ratio(b)];
  const told = { name, unit, a: was, b: is };
  if (was === null || is === null || was === 0)
    return { ...told, change: null, between: null, verdict: was === is ? "same" : "unknown" };
  const change = is / was - 1;
  if (Math.min(a.length, b.length) < secondsMin)
    return { ...told, change, between: null, verdict: "unknown" };
  const [drawnA, drawnB] = [drawer(a, next), drawer(b, next)];
  const changes = Float64Array.from({ length: draws }, () => drawnB() / drawnA() - 1)
    .filter(Number.isFinite)
    .sort();
  const at = (share: number) =>
    changes[Math.min(changes.length - 1, Math.floor(share * changes.length))] ?? 0;
  const wider = widening(Math.min(a.length / blockOf(a), b.length / blockOf(b)));
  const edge = (share: number) => change + (at(share) - change) * wider;
  const between = [edge(0.005), edge(0.995)] as const;
  return { ...told, change, between, verdict: verdictOf(figure, change, between) };
}

function verdictOf({ better }: Figure, change: number, [low, high]: readonly [number, number]): Verdict {
  if ((low <= 0 && high >= 0) || Math.abs(change) < changeMin) return "same";
  if (better === null) return "differs";
  return change > 0 === (better === "more") ? "better" : "worse";
}

function ratio(parts: Parts): number | null {
  let above = 0;
  let below = 0;
  for (const [up, down] of parts) {
    above += up;
    below += down;
  }
  return below === 0 ? null : above / below;
}

function blockOf(parts: Parts): number {
  return Math.max(2, Math.round(parts.length ** (1 / 3) * 1.5));
}

/**
 * Few blocks know little of their own spread: Student's quantile over the normal one at 99.5 %, by its expansion in
 * the degrees of freedom (Abramowitz and Stegun, 26.7.5).
 */
function widening(blocks: number): number {
  const z = 2.5758;
  const free = Math.max(2, blocks - 1);
  const t = z + (z ** 3 + z) / (4 * free) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * free ** 2);
  return t / z;
}

/** Each call draws as many seconds as there are, in blocks of neighbours, and gives their ratio. */
function drawer(parts: Parts, next: () => number): () => number {
  const block = blockOf(parts);
  return () => {
    let above = 0;
    let below = 0;
    for (let taken = 0; taken < parts.length; taken += block) {
      const from = Math.floor(next() * parts.length);
      const size = Math.min(block, parts.length - taken);
      for (let i = 0; i < size; i++) {
        const [up, down] = parts[(from + i) % parts.length]!;
        above += up;
        below += down;
      }
    }
    return above / below;
  };
}

/** Why the two are not the same job, in words; none when they are. */
export function unlike(a: RunFile, b: RunFile): string[] {
  const say = (what: string, x: unknown, y: unknown) =>
    JSON.stringify(x) === JSON.stringify(y) ? [] : [`${what} differs: ${text(x)} and ${text(y)}`];
  const voided = [a, b].flatMap(({ generator }, i) =>
    generator.saturated
      ? [`${"AB"[i]} is void: its generator was saturated${generator.why ? ` (${generator.why})` : ""}`]
      : [],
  );
  return [
    ...voided,
    ...say(
      "the profile",
      `${a.profile.name} v${a.profile.version}`,
      `${b.profile.name} v${b.profile.version}`,
    ),
    ...parametersUnlike(a.profile.parameters, b.profile.parameters),
    ...say("the topology", a.target.topology, b.target.topology),
    ...say("the machine", a.machine, b.machine),
    ...say("the seed", a.seed, b.seed),
  ];
}

function parametersUnlike(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    JSON.stringify(a[key]) === JSON.stringify(b[key])
      ? []
      : [`the profile's ${key} differs: ${text(a[key])} and ${text(b[key])}`],
  );
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "none");
}
