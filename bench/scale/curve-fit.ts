// Which curve a cost follows as a number grows: none (constant), the number's logarithm, or a power of it; with
// confidence from a seeded bootstrap. Errors count as shares of the value, since costs spread that way.

import { seededNumbers } from "#bench/driver/seeded.ts";

export interface At {
  readonly n: number;
  readonly y: number;
}

export type CurveKind = "constant" | "logarithmic" | "power";

export interface Curve {
  readonly kind: CurveKind;
  /** What the cost is at the smallest number, and how much of that comes with each tenfold. */
  readonly atFirst: number;
  readonly growthPerDecade: Interval;
  readonly exponent: Interval;
  /** Akaike's criterion, corrected for few points; the least is the best. */
  readonly criteria: Readonly<Record<CurveKind, number>>;
}

interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const resamples = 1_000;

export function curveOf(points: readonly At[], seed: number): Curve {
  const first = Math.min(...points.map(({ n }) => n));
  const logs = points.map(({ n }) => Math.log10(n / first));
  const straight = line(
    logs,
    points.map(({ y }) => y),
    true,
  );
  const power = line(
    logs,
    points.map(({ y }) => Math.log10(y)),
    false,
  );
  const mean =
    points.reduce((sum, { y }) => sum + 1 / y, 0) / points.reduce((sum, { y }) => sum + 1 / y ** 2, 0);
  const misses = {
    constant: points.map(({ y }) => mean / y - 1),
    logarithmic: points.map(({ y }, i) => (straight.a + straight.b * logs[i]!) / y - 1),
    power: points.map(({ y }, i) => 10 ** (power.a + power.b * logs[i]!) / y - 1),
  };
  const criteria = {
    constant: criterion(misses.constant, 1),
    logarithmic: criterion(misses.logarithmic, 2),
    power: criterion(misses.power, 2),
  };
  const next = seededNumbers(seed);
  const drawn = Array.from({ length: resamples }, () => {
    const some = points.map(() => Math.floor(next() * points.length));
    if (new Set(some.map((i) => points[i]!.n)).size < 2) return { growth: 0, exponent: 0 };
    const again = some.map((i) => points[i]!.y);
    const at = some.map((i) => logs[i]!);
    const one = line(at, again, true);
    return { growth: one.b / one.a, exponent: line(at, again.map(Math.log10), false).b };
  });
  const kinds = Object.keys(criteria) as CurveKind[];
  // With as good a fit, the slower curve: constant before logarithmic before power.
  const kind = kinds.reduce((best, it) => (criteria[it] < criteria[best] - 2 ? it : best));
  return {
    kind,
    atFirst: straight.a,
    growthPerDecade: interval(
      straight.b / straight.a,
      drawn.map(({ growth }) => growth),
    ),
    exponent: interval(
      power.b,
      drawn.map(({ exponent }) => exponent),
    ),
    criteria,
  };
}

/** The least squares of y = a + b x; by shares of y where asked. */
function line(xs: readonly number[], ys: readonly number[], byShare: boolean): { a: number; b: number } {
  const weights = ys.map((y) => (byShare ? 1 / y ** 2 : 1));
  const sum = (of: (i: number) => number) => xs.reduce((all, _, i) => all + weights[i]! * of(i), 0);
  const [w, x, y] = [sum(() => 1), sum((i) => xs[i]!), sum((i) => ys[i]!)];
  const [xx, xy] = [sum((i) => xs[i]! ** 2), sum((i) => xs[i]! * ys[i]!)];
  const under = w * xx - x * x;
  const b = under === 0 ? 0 : (w * xy - x * y) / under;
  return { a: (y - b * x) / w, b };
}

function criterion(misses: readonly number[], coefficients: number): number {
  const n = misses.length;
  const k = coefficients + 1;
  const squares = misses.reduce((sum, miss) => sum + miss * miss, 0);
  const correction = n - k - 1 > 0 ? (2 * k * (k + 1)) / (n - k - 1) : 0;
  return n * Math.log(squares / n + 1e-12) + 2 * k + correction;
}

function interval(value: number, drawn: readonly number[]): Interval {
  const sorted = [...drawn].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { value, low: at(0.025), high: at(0.975) };
}

/** Where the curve stands at n. */
export function valueAt(curve: Curve, first: number, n: number): number {
  const decades = Math.log10(n / first);
  if (curve.kind === "power") return curve.atFirst * 10 ** (curve.exponent.value * decades);
  return curve.atFirst * (1 + (curve.kind === "constant" ? 0 : curve.growthPerDecade.value) * decades);
}
