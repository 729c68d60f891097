// Some of the drill's faults, short: what a whole cluster loses and for how long when one of its processes is killed
// under load. All of them: ./banyan drill, docs/drill.md.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Fault, faults } from "#ops/drill/faults.ts";
import { runDrill } from "#ops/drill/run-drill.ts";
import type { Row } from "#ops/drill/table.ts";

interface Bounds {
  /** Nobody was acknowledged anything for this long, at most. */
  readonly outageMs: number;
  /** No one person waited longer. */
  readonly longestMs: number;
  /** Instead of the drill's own, to be short. */
  readonly lastsMs: number;
}

// Generous for a busy machine: measured alone, a role costs less than a second, PostgreSQL about three.
const chosen: Record<string, Bounds> = {
  gateway: { outageMs: 1_500, longestMs: 2_000, lastsMs: 1_000 },
  messaging: { outageMs: 1_500, longestMs: 2_000, lastsMs: 1_000 },
  "nats-leader": { outageMs: 2_000, longestMs: 3_000, lastsMs: 1_000 },
  postmaster: { outageMs: 10_000, longestMs: 12_000, lastsMs: 0 },
};

const rows = new Map<string, Row>();

beforeAll(async () => {
  const short = faults.flatMap((fault): Fault[] => {
    const bounds = chosen[fault.name];
    return bounds ? [{ ...fault, lastsMs: bounds.lastsMs }] : [];
  });
  const spec = { clients: 32, perSecond: 64, steadySeconds: 2, normalWithinSeconds: 3, seed: 1 };
  await runDrill({ faults: short, ...spec }, { say() {}, row: (row) => rows.set(row.fault, row) });
}, 240_000);

afterAll(() => {
  for (const { what, outageMs, longestMs } of rows.values())
    console.log(
      `${what}: outage ${Math.round(outageMs)} ms, longest for one person ${Math.round(longestMs)} ms`,
    );
});

for (const [name, bounds] of Object.entries(chosen)) {
  test(`[L1] [L3] ${name} killed under load: nothing lost, doubled or out of order, and soon as before`, () => {
    const row = rows.get(name)!;
    const { lost, unshown, doubled, gaps, disorder, failures } = row;
    expect({ lost, unshown, doubled, gaps, disorder, failures }).toEqual({
      lost: 0,
      unshown: 0,
      doubled: 0,
      gaps: 0,
      disorder: 0,
      failures: {},
    });
    // Everybody once, at least: nobody is left behind.
    expect(row.acknowledged).toBeGreaterThanOrEqual(32);
    expect(row.outageMs).toBeLessThan(bounds.outageMs);
    expect(row.longestMs).toBeLessThan(bounds.longestMs);
  });
}
