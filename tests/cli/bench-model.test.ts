// The model of costs and the curves of scale, on servers whose costs are known: the fit finds them, the check passes
// on workloads that it was not fitted on, and a model with one cost made wrong fails it.

import { expect, test } from "bun:test";
import { cells, checks } from "#bench/model/cells.ts";
import { compare, isWithin } from "#bench/model/check.ts";
import { type Coefficients, mutated } from "#bench/model/coefficients.ts";
import { fitModel } from "#bench/model/fit.ts";
import { fitted } from "#bench/model/least-squares.ts";
import type { Measured } from "#bench/model/run-workload.ts";
import { featuresOf, type Workload } from "#bench/model/workload.ts";
import { curveOf } from "#bench/scale/curve-fit.ts";

/** A server of known costs, and what it has stored so far. */
function knownServer() {
  let turn = 0;
  let [storedBytes, storedMessages, storedTextBytes] = [1e7, 1_000, 0];
  const noisy = (value: number) => value * (1 + 0.04 * Math.sin(++turn * 7919));
  return (workload: Workload): Measured => {
    const { session, send, group, delivery, sentKiB, deliveredKiB, open, reconnect } = featuresOf(
      workload,
      4,
    );
    storedMessages += send * 8;
    storedTextBytes += sentKiB * 1024 * 8;
    storedBytes += send * 8 * 200 + sentKiB * 1024 * 8 * 1.2;
    return {
      workload,
      seconds: 8,
      cpuUsPerSecond: {
        server: noisy(
          3_000 + 4 * session + 60 * send + 200 * group + 9 * delivery + 1_500 * open + 700 * reconnect,
        ),
        postgres: noisy(1_000 + 40 * send + 300 * group),
      },
      memoryKiB: noisy(200_000 + 4 * session),
      wireBytesPerSecond: noisy(
        session / 2 +
          80 * send +
          60 * delivery +
          1024 * (sentKiB + deliveredKiB) +
          8_000 * open +
          400 * reconnect,
      ),
      walBytesPerSecond: noisy(1_000 + 300 * send + 1_100 * sentKiB),
      storedBytes,
      storedMessages,
      storedTextBytes,
      acked: send * 8,
      othersShare: 0,
    };
  };
}

test("a model is within 20 % of runs that it was not fitted on, and with one wrong cost it is not", () => {
  const run = knownServer();
  const model = fitModel(cells.map(run), 7).coefficients as Coefficients;
  const before = run(cells[0]!);
  const measured = checks.map(run);
  const holds = (one: Coefficients) =>
    measured.every((it, at) => isWithin(compare(one, it, measured[at - 1] ?? before)));
  expect(holds(model)).toBe(true);
  for (const wrong of [
    "cpuUs.server.delivery=3",
    "cpuUs.postgres.group=2",
    "wireBytes.open=2",
    "diskBytes.send=2",
  ])
    expect({ wrong, holds: holds(mutated(model, wrong)) }).toEqual({ wrong, holds: false });
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
