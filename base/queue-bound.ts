// How much may wait, told as a time: at the pace at which it is being done. Near the bound not everything is refused,
// but evenly as much as comes too much: a crowd that is sent away in one moment comes back in one, and leaves nothing
// to do in between.

/** Under this share of the bound everything is taken. */
const freeShare = 0.3;
/** From there on as much as is done times this, less and less up to the bound, where nothing is. */
const overPace = 1.5;
/** What may be taken at once after a pause: as much as is done in this time. */
const burstMs = 50;

export class QueueBound {
  readonly #waitMsMax: number;
  #credit = 0;
  #creditAt = 0;
  /** How many are done in a millisecond; 0: not known, and everything is taken. */
  perMs = 0;

  constructor(waitMsMax: number) {
    this.#waitMsMax = waitMsMax;
  }

  /** `share`: how much this measurement counts for in the mean of the last ones. */
  measured(perMs: number, share: number): void {
    this.perMs += (perMs - this.perMs) * (this.perMs === 0 ? 1 : share);
  }

  /** Whether one more may wait behind `waiting` others; if so, it is counted. */
  takes(waiting: number, now: number): boolean {
    if (this.perMs === 0) return true;
    const left = 1 - waiting / this.perMs / this.#waitMsMax;
    if (left >= 1 - freeShare) return true;
    if (left <= 0) return false;
    const grown = ((now - this.#creditAt) * this.perMs * overPace * left) / (1 - freeShare);
    this.#credit = Math.min(this.perMs * burstMs, this.#credit + grown);
    this.#creditAt = now;
    if (this.#credit < 1) return false;
    this.#credit--;
    return true;
  }
}
