// From values to places on the paper, and the round values that stand at an axis.

import type { Unit } from "./units.ts";

export interface Scale {
  /** Where a value stands. */
  place(value: number): number;
  /** The value at a place. */
  value(place: number): number;
  readonly ticks: readonly number[];
  /** Lines without words between the ticks. */
  readonly between: readonly number[];
}

export function linearScale(from: number, to: number, start: number, end: number, ticks: readonly number[]) {
  const span = to - from || 1;
  return {
    place: (value: number) => start + ((value - from) / span) * (end - start),
    value: (place: number) => from + ((place - start) / (end - start || 1)) * span,
    ticks,
    between: [],
  } satisfies Scale;
}

/** From zero to the first round value that holds all. */
export function fromZero(max: number, start: number, end: number, count: number, unit: Unit): Scale {
  const step = roundStep((max > 0 ? max : 1) / count, unit);
  const top = Math.ceil((max > 0 ? max : 1) / step - 1e-9) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  return linearScale(0, top, start, end, ticks);
}

/** From the 1, 2 or 5 of a power of ten below the least value to the one above the greatest. */
export function logScale(min: number, max: number, start: number, end: number): Scale {
  const from = Math.floor(Math.log10(min));
  const steps = Array.from({ length: Math.ceil(Math.log10(max)) - from + 2 }, (_, i) => 10 ** (from + i));
  const round = steps.flatMap((ten) => [1, 2, 5].map((times) => ten * times));
  const low = round.findLast((value) => value <= min * 1.0001) ?? round[0]!;
  const high = round.find((value) => value >= max * 0.9999 && value > low) ?? round.at(-1)!;
  const shown = round.filter((value) => value >= low && value <= high);
  const isTen = (value: number) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
  const isShort = high / low <= 150;
  const inner = linearScale(Math.log10(low), Math.log10(high), start, end, []);
  return {
    place: (value) => inner.place(Math.log10(Math.max(value, low))),
    value: (place) => 10 ** inner.value(place),
    ticks: isShort ? shown : shown.filter(isTen),
    between: isShort ? [] : shown.filter((value) => !isTen(value)),
  };
}

/**
 * Shares of all values by their distance from one: each nine has the same room, as HdrHistogram's plots have it
 * (https://hdrhistogram.github.io/HdrHistogram/plotFiles.html).
 */
export function ninesScale(start: number, end: number, top = 0.9999): Scale {
  const nines = (share: number) => -Math.log10(1 - Math.min(share, top));
  const inner = linearScale(0, nines(top), start, end, []);
  return {
    place: (share) => inner.place(nines(share)),
    value: (place) => 1 - 10 ** -inner.value(place),
    ticks: [0, 0.5, 0.9, 0.99, 0.999, 0.9999].filter((share) => share <= top),
    between: [],
  };
}

/** Whole seconds, minutes or hours, about `count` of them. */
export function timeScale(from: number, to: number, start: number, end: number, count: number): Scale {
  const wished = (to - from) / Math.max(count, 1);
  const step = timeSteps.find((ms) => ms >= wished) ?? Math.ceil(wished / 86_400_000) * 86_400_000;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to + 1; at += step) ticks.push(at);
  return linearScale(from, to, start, end, ticks);
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200].map(
  (seconds) => seconds * 1_000,
);

/** 1, 2, 2.5 or 5 times a power of ten; of bytes, of two; a count has no halves. */
function roundStep(wished: number, unit: Unit): number {
  if (unit === "bytes") {
    const power = 2 ** Math.ceil(Math.log2(wished));
    return Math.max(1, power);
  }
  const ten = 10 ** Math.floor(Math.log10(wished));
  const times = [1, 2, 2.5, 5, 10].find((it) => ten * it >= wished - 1e-12) ?? 10;
  return unit === "count" ? Math.max(1, Math.round(ten * times)) : ten * times;
}
