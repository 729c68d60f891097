// Time that the test moves, and randomness that repeats.

import type { Chance, Clock } from "#sdk/types.ts";

interface Timer {
  readonly at: number;
  readonly no: number;
  readonly then: () => void;
}

export class ManualClock implements Clock {
  #now = 1_700_000_000_000;
  #timers: Timer[] = [];
  #no = 0;

  now(): number {
    return this.#now;
  }

  after(delayMs: number, then: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), no: this.#no++, then };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Runs what falls due on the way, in its order, each with all that follows from it. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at || a.no - b.no)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.then();
      await settled();
    }
    this.#now = until;
  }
}

/** Lets everything happen that needs no time: promises, answered requests, gathered events. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 60; i++) await Promise.resolve();
}

/** A small linear generator: enough to make names differ and jitter repeat. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    fraction: next,
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)),
  };
}
