// Least squares with coefficients that are not negative (a cost is none), weighted so that each row counts by its
// share of error, and a seeded bootstrap of the residuals for the confidence of each coefficient.

import { seededNumbers } from "#bench/driver/seeded.ts";

const roundsMax = 20_000;
const still = 1e-10;

/** Coordinate descent: small, and it ends where no coefficient moves any more. */
export function nonNegative(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const count = rows[0]!.length;
  const norms = Array.from({ length: count }, (_, j) => rows.reduce((sum, row) => sum + row[j]! ** 2, 0));
  const found = new Array<number>(count).fill(0);
  const rest = [...values];
  for (let round = 0; round < roundsMax; round++) {
    let moved = 0;
    for (let j = 0; j < count; j++) {
      if (norms[j] === 0) continue;
      let gradient = 0;
      for (let i = 0; i < rows.length; i++) gradient += rows[i]![j]! * rest[i]!;
      const next = Math.max(0, found[j]! + gradient / norms[j]!);
      const step = next - found[j]!;
      if (step === 0) continue;
      found[j] = next;
      for (let i = 0; i < rows.length; i++) rest[i]! -= step * rows[i]![j]!;
      moved = Math.max(moved, Math.abs(step) * Math.sqrt(norms[j]!));
    }
    if (moved < still) break;
  }
  return found;
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Fit {
  readonly coefficients: readonly Interval[];
  /** Of predictions, as shares of what was measured. */
  readonly errors: readonly number[];
  readonly sumOfSquares: number;
}

/** Rows and values as measured; weighted here by 1 / value, so that small cells count as much as large ones. */
export function fitted(
  rows: readonly (readonly number[])[],
  values: readonly number[],
  seed: number,
  resamples = 400,
): Fit {
  const floor = Math.max(...values) * 0.02 || 1;
  const weights = values.map((value) => 1 / Math.max(value, floor));
  // Columns of one size, so that none is moved in steps that are too small to see.
  const sizes = rows[0]!.map(
    (_, j) => Math.max(...rows.map((row, i) => Math.abs(row[j]! * weights[i]!))) || 1,
  );
  const scaled = rows.map((row, i) => row.map((value, j) => (value * weights[i]!) / sizes[j]!));
  const targets = values.map((value, i) => value * weights[i]!);
  const best = nonNegative(scaled, targets);
  const said = scaled.map((row) => row.reduce((sum, value, j) => sum + value * best[j]!, 0));
  const residuals = targets.map((target, i) => target - said[i]!);
  const inflation = Math.sqrt(rows.length / Math.max(1, rows.length - best.filter((one) => one > 0).length));
  const next = seededNumbers(seed);
  const drawn = Array.from({ length: resamples }, () =>
    nonNegative(
      scaled,
      said.map((value) => value + inflation * residuals[Math.floor(next() * residuals.length)]!),
    ),
  );
  const coefficients = best.map((value, j) => {
    const sorted = drawn.map((one) => one[j]!).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    return { value: value / sizes[j]!, low: at(0.025) / sizes[j]!, high: at(0.975) / sizes[j]! };
  });
  return {
    coefficients,
    errors: said.map((value, i) => (targets[i] === 0 ? 0 : value / targets[i]! - 1)),
    sumOfSquares: residuals.reduce((sum, one) => sum + one * one, 0),
  };
}
