// The contract of ports/rate-limits.ts.

import { expect, test } from "bun:test";
import type { RateLimits } from "#ports/rate-limits.ts";

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
