// The contract of leases, rule P79, for every adapter of the port.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Leases } from "#ports/leases.ts";
import { until } from "#tests/parts/until.ts";
import { nextTime } from "./made-up.ts";

export interface LeasesUnderTest {
  readonly leases: Leases;
  readonly other: { readonly leases: Leases };
  close(): Promise<void>;
}

export function leasesContract(name: string, open: () => Promise<LeasesUnderTest>): void {
  describe(`leases, ${name}`, () => {
    let opened: LeasesUnderTest;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened?.close());

    test("[P79] one of many has it at a time, renews it, and gives it up only for itself", async () => {
      const name = `lease-${nextTime()}`;
      const holders = ["a", "b", "c", "d"];
      const through = (index: number) => (index % 2 ? opened.other.leases : opened.leases);
      const held = await Promise.all(holders.map((it, index) => through(index).hold(name, it, 60_000)));
      expect(held.filter(Boolean)).toHaveLength(1);
      const holder = holders[held.indexOf(true)]!;
      const loser = holders[held.indexOf(false)]!;
      expect(await opened.other.leases.hold(name, holder, 60_000)).toBe(true);
      await opened.leases.release(name, loser);
      expect(await opened.leases.hold(name, loser, 60_000)).toBe(false);
      expect(await opened.leases.hold(`${name}-other`, loser, 60_000)).toBe(true);
      await opened.leases.release(name, holder);
      expect(await opened.leases.hold(name, loser, 60_000)).toBe(true);
    });

    test("[P79] who is silent longer than the lease has lost it, and not before", async () => {
      const name = `lease-${nextTime()}`;
      const began = performance.now();
      expect(await opened.leases.hold(name, "silent", 300)).toBe(true);
      await until("the next one has it", () => opened.other.leases.hold(name, "next", 60_000));
      expect(performance.now() - began).toBeGreaterThanOrEqual(290);
      expect(await opened.leases.hold(name, "silent", 300)).toBe(false);
    });
  });
}
