// The machine's own clock and randomness.

import type { Chance } from "#ports/chance.ts";
import type { Clock } from "#ports/clock.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, then) {
    const timer = setTimeout(then, delayMs);
    return () => clearTimeout(timer);
  },
};

export const systemChance: Chance = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  fraction: () => Math.random(),
};
