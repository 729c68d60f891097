// Whether commands come so quickly, and from so many at once, that the next ones are worth waiting for.

/**
 * How long commands gather where they come quickly: each message costs its sender, NATS and the service a write, a
 * read and a wake-up of some 60 us together, whatever is in it.
 */
export const gatherMs = 2;
/** In `gatherMs`; with fewer nothing is gained. */
const briskCommands = 2;
/** Who waits for one answer before the next question gains no company by waiting. */
const callersMin = 8;
/** So many came in one turn: they come in bursts, and need no waiting. */
const burst = 32;
/** Milliseconds. */
const memoryMs = 100;

export class Pace {
  /** How many commands came lately, as a mean that fades. */
  #recent = 0;
  #at = 0;
  #lastBatch = 0;

  note(now: number): void {
    this.#recent = this.#recent * Math.exp((this.#at - now) / memoryMs) + 1;
    this.#at = now;
  }

  left(batch: number): void {
    this.#lastBatch = batch;
  }

  isWorthWaiting(inFlight: number): boolean {
    if (inFlight < callersMin || this.#lastBatch >= burst) return false;
    return this.#recent * gatherMs >= briskCommands * memoryMs;
  }
}
