// Pauses of a loop that end early: when there is something to do, and when the loop is to stop.

import type { Clock } from "#ports/clock.ts";

export class Pauses {
  readonly #clock: Clock;
  #isStopped = false;
  #isWoken = false;
  #end: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** For `ms`, or until `wake` or `stop`; not at all when one of them came since the last pause. */
  pause(ms: number): Promise<void> {
    if (this.#isStopped || this.#isWoken) {
      this.#isWoken = false;
      return Promise.resolve();
    }
    return new Promise((over) => {
      const end = () => {
        cancel();
        this.#end = null;
        this.#isWoken = false;
        over();
      };
      const cancel = this.#clock.after(ms, end);
      this.#end = end;
    });
  }

  /** For `ms`, whatever wakes; only `stop` ends it. */
  async rest(ms: number): Promise<void> {
    const until = this.#clock.now() + ms;
    while (!this.#isStopped && this.#clock.now() < until) await this.pause(until - this.#clock.now());
  }

  wake(): void {
    this.#isWoken = true;
    this.#end?.();
  }

  stop(): void {
    this.#isStopped = true;
    this.#end?.();
  }
}

/** Doubled with each failure in a row. */
export function backoffMs(failures: number, firstMs: number, maxMs: number): number {
  return Math.min(firstMs * 2 ** Math.min(failures - 1, 20), maxMs);
}
