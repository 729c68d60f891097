// Leases within one process: rule P79.

import type { Leases } from "#ports/leases.ts";

export function openMemoryLeases(clock: { now(): number }): Leases {
  const held = new Map<string, { readonly holder: string; readonly until: number }>();
  return {
    async hold(name, holder, forMs) {
      const now = clock.now();
      const lease = held.get(name);
      if (lease && lease.holder !== holder && lease.until > now) return false;
      held.set(name, { holder, until: now + forMs });
      return true;
    },
    async release(name, holder) {
      if (held.get(name)?.holder === holder) held.delete(name);
    },
  };
}
