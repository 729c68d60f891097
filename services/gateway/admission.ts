// How many hellos are answered at once. When everybody comes back in the same moment, those beyond the bound are told
// when: each gets a place of its own in a queue that nobody has to keep, at the pace at which hellos are being answered.

export interface AdmissionLimits {
  /** Hellos under way; one more is refused. */
  readonly hellosMax: number;
  readonly overloadedRetryMs: number;
}

/** Nobody is sent away for longer, however many come. */
const waitMsMax = 30_000;
/** Before any pace was measured, and for a small bound: as long as what it lets in at once should take. */
const boundLastsMs = 2_500;
const msEachFirstMax = 1;
/** Neighbouring places are at most this far apart when they come together. */
const togetherMsMax = 250;
/** Where the pace is bounded. */
const msEachMax = 50;
const msEachMin = 0.05;
/** This share of the bound is no crowd: at the pace of a quiet hour nobody shall be told to come back. */
const crowdIsAbove = 20;

export class Admission {
  readonly #limits: AdmissionLimits;
  #underWay = 0;
  #refused = 0;
  #msEach: number;
  /** Since when there is a crowd, and how many of it were answered. */
  #crowdedSince = 0;
  #answered = 0;
  /** The last place that was given away. */
  #lastPlaceAt = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
    this.#msEach = Math.min(msEachFirstMax, boundLastsMs / limits.hellosMax);
  }

  /** 0: it is counted, and `leave` follows. More: the milliseconds after which to come back. */
  enter(now: number): number {
    if (this.#underWay < this.#limits.hellosMax) {
      if (this.#underWay++ < this.#limits.hellosMax / crowdIsAbove) this.#crowdFrom(now);
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

  /**
   * A hello that had entered is answered, well or not. The pace is that of the whole crowd, and nothing is taken from
   * its first half: hellos are answered in groups, and the first group is answered late.
   */
  leave(now: number): void {
    this.#underWay--;
    this.#answered++;
    const { hellosMax } = this.#limits;
    if (this.#answered < hellosMax / 2) return;
    const overMs = now - this.#crowdedSince;
    this.#msEach = Math.min(msEachMax, Math.max(msEachMin, overMs / this.#answered));
    if (this.#answered < hellosMax * 2) return;
    // What is long past weighs less and less.
    this.#crowdedSince = now - overMs / 2;
    this.#answered /= 2;
  }

  stats(): { underWay: number; refused: number } {
    return { underWay: this.#underWay, refused: this.#refused };
  }

  /** Those of neighbouring places come in one moment, so that one statement asks for all of them. */
  #together(placeAt: number): number {
    const everyMs = Math.min(togetherMsMax, (this.#limits.hellosMax * this.#msEach) / 4);
    return Math.ceil(placeAt / everyMs) * everyMs;
  }

  #crowdFrom(now: number): void {
    this.#crowdedSince = now;
    this.#answered = 0;
  }
}
