// What each phase was like, and after how long people had nothing to complain of when something broke: from the
// seconds of the run, against those before.

import type { Phase, RunFile, Sample } from "#bench/load/run-file.ts";

const secondMs = 1_000;
/** So many seconds before a fault say what is usual. */
const usualSeconds = 10;
/** So long after its end a fault may still begin to be felt. */
const feltWithinMs = 3_000;
/** Fewer sessions, slower answers or fewer of them than this share of the usual is hurt. */
const onlineShareMin = 0.99;
const slowerMax = 2;
const sentShareMin = 0.5;

export interface PhaseFelt {
  readonly phase: Phase;
  /** Of its worst second; 0 where nothing was measured. */
  readonly ackP99Ms: number;
  readonly deliveryP99Ms: number;
  readonly onlineMin: number;
  readonly reconnects: number;
  /** From the fault's beginning until all was as usual for two seconds; 0: not felt, null: not within the run. */
  readonly wholeAfterMs?: number | null;
}

export function phasesFelt({ phases, series }: Pick<RunFile, "phases" | "series">): PhaseFelt[] {
  return phases.map((phase) => {
    const wholeAfterMs = isFault(phase) ? wholeAfter(phase, phases, series) : undefined;
    const until = Math.max(phase.toMs, phase.fromMs + (wholeAfterMs ?? 0));
    const seconds = series.filter(({ atMs }) => atMs + secondMs > phase.fromMs && atMs < until);
    const most = (read: (second: Sample) => number) => Math.max(0, ...seconds.map(read));
    return {
      phase,
      ackP99Ms: most(({ ackP99Ms }) => ackP99Ms),
      deliveryP99Ms: most(({ deliveryP99Ms }) => deliveryP99Ms),
      onlineMin: Math.min(...seconds.map(({ online }) => online)),
      reconnects: seconds.reduce((sum, { reconnects }) => sum + reconnects, 0),
      ...(wholeAfterMs !== undefined && { wholeAfterMs }),
    };
  });
}

export function isFault({ name }: Phase): boolean {
  return /^fault\b/.test(name);
}

function wholeAfter(fault: Phase, phases: readonly Phase[], series: readonly Sample[]): number | null {
  const before = series.filter(
    ({ atMs }) => atMs + secondMs <= fault.fromMs && atMs >= fault.fromMs - usualSeconds * secondMs,
  );
  const online = before.reduce((sum, it) => sum + it.online, 0) / Math.max(1, before.length);
  const slowest = Math.max(0, ...before.map(({ ackP99Ms }) => ackP99Ms));
  const isHurt = (it: Sample) =>
    it.online < online * onlineShareMin ||
    it.sent < it.offered * sentShareMin ||
    (slowest > 0 && it.ackP99Ms > slowest * slowerMax);
  const ends = phases.filter((it) => isFault(it) && it.fromMs > fault.fromMs).map(({ fromMs }) => fromMs);
  const end = Math.min(Number.POSITIVE_INFINITY, ...ends);
  const after = series.filter(({ atMs }) => atMs + secondMs > fault.fromMs && atMs + secondMs <= end);
  // A deploy hurts once for each process: the last time counts.
  const last = after.findLastIndex((it) => it.atMs <= fault.toMs + feltWithinMs && isHurt(it));
  if (last < 0) return 0;
  const whole = after.findIndex(
    (it, i) => i > last && !isHurt(it) && !(after[i + 1] && isHurt(after[i + 1]!)),
  );
  // Seconds are all that is known.
  return whole < 0 ? null : Math.ceil((after[whole]!.atMs - fault.fromMs) / secondMs) * secondMs;
}
