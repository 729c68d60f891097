// What the crowd saw, as figures: outages, percentiles, and when everything was as before.

/** One acknowledged message: when the answer came, and how long it took. Times of performance.now(). */
export interface Answered {
  readonly at: number;
  readonly tookMs: number;
}

const windowMs = 3_000;
const steadyWindows = 3;
const stepMs = 250;

export interface Before {
  readonly perSecond: number;
  readonly p99Ms: number;
  /** The worst p99 of any window, since a window has fewer messages than the whole. */
  readonly worstP99Ms: number;
}

export function before(answered: readonly Answered[], from: number, to: number): Before {
  const within = between(answered, from, to);
  let worstP99Ms = 0;
  for (let at = from; at + windowMs <= to; at += stepMs)
    worstP99Ms = Math.max(worstP99Ms, p99(between(answered, at, at + windowMs)));
  return { perSecond: (within.length * 1000) / (to - from), p99Ms: p99(within), worstP99Ms };
}

/** The longest time between two acknowledgements, whoever they were for. */
export function outageMs(answered: readonly Answered[], from: number, to: number): number {
  let last = from;
  let longest = 0;
  for (const { at } of between(answered, from, to)) {
    longest = Math.max(longest, at - last);
    last = at;
  }
  return Math.max(longest, to - last);
}

/**
 * From when on the rate is at least 80 % of what it was and the p99 at most 120 %, for several windows in a row.
 * Null: not in the time given.
 */
export function normalAfterMs(
  answered: readonly Answered[],
  reference: Before,
  from: number,
  to: number,
): number | null {
  const ratio = windowMs / 1000;
  let goodSince: number | null = null;
  for (let at = from; at + windowMs <= to; at += stepMs) {
    const within = between(answered, at, at + windowMs);
    const isGood =
      within.length >= 0.8 * reference.perSecond * ratio && p99(within) <= 1.2 * reference.worstP99Ms;
    if (!isGood) goodSince = null;
    else goodSince ??= at;
    if (goodSince !== null && at - goodSince >= (steadyWindows - 1) * 1000) return goodSince - from;
  }
  return null;
}

export function between(answered: readonly Answered[], from: number, to: number): readonly Answered[] {
  return answered.filter(({ at }) => at >= from && at < to);
}

export function p99(answered: readonly Answered[]): number {
  const sorted = answered.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? 0;
}
