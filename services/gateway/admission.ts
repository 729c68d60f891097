// How many hellos are answered at once. When everybody comes back in the same moment, those beyond the bound are told
// when: each gets a place of its own in a queue that nobody has to keep, at the pace at which hellos are being answered.

export interface AdmissionLimits {
  /** Hellos under way; one more is refused. */
  readonly hellosMax: number;
  readonly overloadedRetryMs: number;
}

/** Nobody is sent away for longer, however many come. */
const waitMsMax = 30_000;
/** Over which time the pace is measured. */
const measureMs = 250;
/** Before any pace was measured: what the bound lets in at once is taken for about a second's work, as it should be. */
const boundLastsMs = 1_250;
const msEachFirstMax = 1;
/** Where the pace is bounded. */
const msEachMax = 50;
const msEachMin = 0.05;

export class Admission {
  readonly #limits: AdmissionLimits;
  #underWay = 0;
  #refused = 0;
  #msEach: number;
  #measuredAt = 0;
  #done = 0;
  /** The last place that was given away. */
  #lastPlaceAt = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
    this.#msEach = Math.min(msEachFirstMax, boundLastsMs / limits.hellosMax);
  }

  /** 0: it is counted, and `leave` follows. More: the milliseconds after which to come back. */
  enter(now: number): number {
    if (this.#underWay < this.#limits.hellosMax) {
      if (this.#underWay++ === 0) this.#measureFrom(now);
      return 0;
    }
    this.#refused++;
    // Half of those who wait now are answered by then, so that whoever comes first finds room and no pause.
    const firstPlaceAt = now + (this.#limits.hellosMax * this.#msEach) / 2;
    this.#lastPlaceAt = Math.max(firstPlaceAt, this.#lastPlaceAt + this.#msEach);
    const waitMs = this.#limits.overloadedRetryMs + this.#together(this.#lastPlaceAt) - now;
    if (waitMs <= waitMsMax) return Math.ceil(waitMs);
    this.#lastPlaceAt = firstPlaceAt;
    return waitMsMax;
  }

  /** A hello that had entered is answered, well or not. */
  leave(now: number): void {
    this.#underWay--;
    this.#done++;
    const overMs = now - this.#measuredAt;
    if (overMs < measureMs) return;
    const measured = Math.min(msEachMax, Math.max(msEachMin, overMs / this.#done));
    this.#msEach = (this.#msEach + measured) / 2;
    this.#measureFrom(now);
  }

  stats(): { underWay: number; refused: number } {
    return { underWay: this.#underWay, refused: this.#refused };
  }

  /** Those of neighbouring places come in one moment, so that one statement asks for all of them. */
  #together(placeAt: number): number {
    const everyMs = Math.min(measureMs, (this.#limits.hellosMax * this.#msEach) / 4);
    return Math.ceil(placeAt / everyMs) * everyMs;
  }

  #measureFrom(now: number): void {
    this.#measuredAt = now;
    this.#done = 0;
  }
}
