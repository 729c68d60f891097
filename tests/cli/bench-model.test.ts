// The arithmetic under the model of costs and the curves of scale: it finds what was put in.

import { expect, test } from "bun:test";
import { fitted } from "#bench/model/least-squares.ts";
import { curveOf } from "#bench/scale/curve-fit.ts";

test("a fit finds the costs that were put in, and its intervals hold them", () => {
  const costs = [500, 40, 9];
  const rows = Array.from({ length: 24 }, (_, i) => [1, (i % 5) * 50, (i % 7) * 30]);
  const values = rows.map((row, i) => {
    const noise = 1 + 0.05 * Math.sin(i * 7919);
    return noise * row.reduce((sum, value, j) => sum + value * costs[j]!, 0);
  });
  const { coefficients } = fitted(rows, values, 7);
  coefficients.forEach(({ value, low, high }, j) => {
    expect(Math.abs(value / costs[j]! - 1)).toBeLessThan(0.1);
    expect(low).toBeLessThanOrEqual(costs[j]!);
    expect(high).toBeGreaterThanOrEqual(costs[j]!);
  });
});

test("a flat cost, one that grows with the logarithm and one that grows with a power are told apart", () => {
  const numbers = [1e5, 3e5, 1e6, 3e6, 1e7, 5e7].flatMap((n) => [n, n, n]);
  const kindOf = (cost: (n: number) => number) =>
    curveOf(
      numbers.map((n, i) => ({ n, y: cost(n) * (1 + 0.02 * Math.sin(i * 7919)) })),
      7,
    ).kind;
  expect(kindOf(() => 900)).toBe("constant");
  expect(kindOf((n) => 900 + 120 * Math.log10(n / 1e5))).toBe("logarithmic");
  expect(kindOf((n) => 900 * (n / 1e5) ** 0.5)).toBe("power");
});
