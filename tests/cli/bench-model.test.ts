// The model of costs at its own door: it predicts the runs that it was not fitted on, and a model with one cost made
// wrong does not. From what was measured and kept, so that nothing is measured here.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { fitted } from "#bench/model/least-squares.ts";
import { curveOf } from "#bench/scale/curve-fit.ts";
import { root } from "#ops/root.ts";

function check(...options: string[]) {
  const command = [process.execPath, join(root, "bench/model/main.ts"), "check", "--again", ...options];
  const { exitCode, stdout } = Bun.spawnSync(command, { stderr: "inherit" });
  return { exitCode, output: stdout.toString() };
}

test("the model is within 20 % of runs that it was not fitted on, and with a wrong cost it is not", () => {
  const right = check();
  expect(right.output).toContain("Every judged prediction is within 20 %.");
  expect(right.exitCode).toBe(0);
  for (const mutation of ["cpuUs.server.delivery=3", "cpuUs.postgres.send=4", "wireBytes.delivery=2"]) {
    const wrong = check("--mutate", mutation);
    expect(wrong.output).toContain("WRONG");
    expect(wrong.exitCode).toBe(1);
  }
});

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
