// Whether commands come so quickly that the next ones are worth waiting for.

/**
 * How long commands gather where they come quickly: each message costs its sender, NATS and the service a write, a
 * read and a wake-up of some 60 us together, whatever is in it.
 */
export const gatherMs = 2;
/** In `gatherMs`; with fewer nothing is gained. */
const briskCommands = 2;
/** Milliseconds. */
const memoryMs = 100;

/** How many commands came lately, as a mean that fades. */
export class Pace {
  #recent = 0;
  #at = 0;

  note(now: number): void {
    this.#recent = this.#recent * Math.exp((this.#at - now) / memoryMs) + 1;
    this.#at = now;
  }

  isBrisk(): boolean {
    return this.#recent * gatherMs >= briskCommands * memoryMs;
  }
}
