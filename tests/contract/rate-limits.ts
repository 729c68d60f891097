// The contract of ports/rate-limits.ts.

import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  type RateLimits,
  type SharedCounts,
  type SharedRate,
  type Spent,
  sharedWaitMaxMs,
} from "#ports/rate-limits.ts";
import { seed } from "./made-up.ts";

export function rateLimitsContract(name: string, open: (keysMax: number) => RateLimits): void {
  const rate = { count: 5, perMs: 60_000 };
  const takes = (limits: RateLimits, key: string, count: number, of = "a name") =>
    Promise.all(Array.from({ length: count }, () => limits.take(of, rate, key)));
  const admitted = (waits: readonly number[]) => waits.filter((waitMs) => waitMs === 0).length;

  test(`[P48] ${name}: as many as the rate says are admitted, also at once`, async () => {
    const limits = open(100);
    expect(admitted(await takes(limits, "ana", 12))).toBe(5);
    expect(admitted(await takes(limits, "ana", 3))).toBe(0);
  });

  test(`[P48] ${name}: what was given back may be taken once more`, async () => {
    const limits = open(100);
    expect(admitted(await takes(limits, "ana", 5))).toBe(5);
    await limits.giveBack("a name", rate, "ana");
    expect(admitted(await takes(limits, "ana", 3))).toBe(1);
    await limits.giveBack("a name", rate, "who has taken nothing");
    expect(admitted(await takes(limits, "who has taken nothing", 12))).toBe(5);
  });

  test(`[P49] ${name}: who waits as told is admitted`, async () => {
    const limits = open(100);
    const short = { count: 1, perMs: 40 };
    expect(await limits.take("short", short, "ana")).toBe(0);
    const waitMs = await limits.take("short", short, "ana");
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(short.perMs);
    const askedAt = performance.now();
    while ((await limits.take("short", short, "ana")) > 0) {
      expect(performance.now() - askedAt).toBeLessThan(5_000);
      await new Promise(setImmediate);
    }
    expect(performance.now() - askedAt).toBeGreaterThan(waitMs / 2);
  });

  test(`[P50] ${name}: keys and names do not disturb each other`, async () => {
    const limits = open(100);
    expect(admitted(await takes(limits, "ana", 6))).toBe(5);
    expect(admitted(await takes(limits, "bo", 6))).toBe(5);
    expect(admitted(await takes(limits, "ana", 6, "another name"))).toBe(5);
  });

  test(`[P50] ${name}: a flood of keys is slowed down as one, and those known before are not`, async () => {
    const limits = open(10);
    for (let i = 0; i < 10; i++) expect(await limits.take("a name", rate, `known ${i}`)).toBe(0);
    const flood = await Promise.all(
      Array.from({ length: 50 }, (_, i) => limits.take("a name", rate, `flood ${i}`)),
    );
    expect(admitted(flood)).toBe(5);
    expect(await limits.take("a name", rate, "known 3")).toBe(0);
  });
}

/** Two processes that count together. */
export interface SharedCountsUnderTest {
  readonly here: SharedCounts;
  readonly elsewhere: SharedCounts;
}

export function sharedCountsContract(name: string, open: () => SharedCountsUnderTest): void {
  const rate: SharedRate = { count: 100, perMs: 1_000, burst: 100 };
  const spent = (key: string, count: number, overMs = 0, of = rate): Spent => ({
    key,
    count,
    overMs,
    rate: of,
  });

  test(`[P63] ${name}: what two processes settle is one sum, and both are told to wait`, async () => {
    const { here, elsewhere } = open();
    expect(await here.settle("n", [spent("ana", 150, 1_000), spent("bo", 150, 1_000)])).toEqual([0, 0]);
    const [ana, bo] = await elsewhere.settle("n", [spent("ana", 150, 1_000), spent("bo", 50, 1_000)]);
    expect(ana).toBeGreaterThan(500);
    expect(ana).toBeLessThanOrEqual(1_000);
    expect(bo).toBe(0);
    const [told] = await here.settle("n", [spent("ana", 0)]);
    expect(told).toBeGreaterThan(400);
    expect(told).toBeLessThanOrEqual(1_000);
    expect(await here.settle("another name", [spent("ana", 100)])).toEqual([0]);
  });

  test(`[P63] ${name}: who waits as told may spend again`, async () => {
    const { here, elsewhere } = open();
    const quick = { count: 1_000, perMs: 1_000, burst: 10 };
    await here.settle("n", [spent("ana", 10, 0, quick)]);
    const [waitMs] = await elsewhere.settle("n", [spent("ana", 60, 0, quick)]);
    const toldAt = performance.now();
    expect(waitMs).toBeGreaterThan(30);
    while ((await elsewhere.settle("n", [spent("ana", 0, 0, quick)]))[0]! > 0)
      expect(performance.now() - toldAt).toBeLessThan(5_000);
    expect(performance.now() - toldAt).toBeGreaterThan(waitMs! / 2);
  });

  test(`[P64] ${name}: settling in lumps refuses nobody who kept to the rate, and nobody waits for long`, async () => {
    const { here, elsewhere } = open();
    let key = 0;
    const lump = fc.record({
      overMs: fc.integer({ min: 0, max: 2_000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const property = fc.asyncProperty(
      lump,
      fc.integer({ min: 1, max: 100_000 }),
      async ({ overMs, share }, over) => {
        const allowed = rate.burst + Math.floor((overMs / rate.perMs) * rate.count);
        const mine = Math.floor(allowed * share);
        const honest = `honest ${++key}`;
        expect(await here.settle("n", [spent(honest, mine, overMs)])).toEqual([0]);
        expect(await elsewhere.settle("n", [spent(honest, allowed - mine, overMs)])).toEqual([0]);
        const [waitMs] = await here.settle("n", [spent(`greedy ${key}`, allowed + 50 + over, overMs)]);
        expect(waitMs).toBeGreaterThan(0);
        expect(waitMs).toBeLessThanOrEqual(sharedWaitMaxMs);
      },
    );
    await fc.assert(property, { seed, numRuns: 100 });
  });
}
