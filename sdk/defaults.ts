// The real clock and the real randomness. The only place of the library that touches either.

import type { Chance, Clock } from "./types.ts";

export const machineClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, then) => {
    const timer = setTimeout(then, delayMs);
    return () => clearTimeout(timer);
  },
};

export const machineChance: Chance = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  fraction: () => Math.random(),
};
