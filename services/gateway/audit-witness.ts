// One conversation as one audited session tells it: which numbers it has shown, against those that this gateway knew
// long enough before. Arithmetic over ranges; a message is judged once, and costs nothing by itself.

import { type NumberRange, NumberRanges } from "#base/number-ranges.ts";

/** What a look at a witness adds to the counts. */
export interface Judged {
  checked: number;
  /** Nobody told of these: their report did not come. */
  unchecked: number;
  lost: number;
  /** Shown after all, after they were counted as lost. */
  late: number;
}

/** Holes whose healing is still recognised as late. */
const lostRangesMax = 16;

export class Witness {
  /** Everything up to here is counted. */
  #judged: number;
  /** What the session must have shown when it is asked the next time. */
  #expected: { readonly seq: number; readonly at: number };
  #seen = new NumberRanges();
  #lost: NumberRanges | null = null;
  #claimed = 0;
  #claimedBefore = 0;

  constructor(after: number, head: number, now: number) {
    this.#judged = after;
    this.#expected = { seq: head, at: now };
  }

  /** The newest number that it said to have shown when it was judged the last time. */
  get claimed(): number {
    return this.#claimedBefore;
  }

  /** How many ranges it remembers. */
  get size(): number {
    return this.#seen.length;
  }

  /** `ranges` are rising and stand above `after`. */
  take(after: number, ranges: readonly NumberRange[], counts: Judged): void {
    this.#claimed = Math.max(this.#claimed, after);
    if (after > this.#judged) {
      const shown = this.#seen.countIn(this.#judged + 1, after);
      counts.checked += shown;
      counts.unchecked += after - this.#judged - shown;
      this.#settle(after);
    }
    for (const { from, to } of ranges) {
      this.#claimed = Math.max(this.#claimed, to);
      this.#seen.add(Math.max(from, this.#judged + 1), to);
      if (this.#lost) counts.late += this.#found(this.#lost, from, to);
    }
  }

  /** Null while it is too early to say. Else the holes that should not be there. */
  judge(head: number, now: number, lostAfterMs: number, counts: Judged): readonly NumberRange[] | null {
    if (now - this.#expected.at < lostAfterMs) return null;
    const { seq } = this.#expected;
    const holes = this.#seen.holesIn(this.#judged + 1, seq);
    if (seq > this.#judged) {
      counts.checked += seq - this.#judged;
      for (const { from, to } of holes) {
        counts.lost += to - from + 1;
        this.#lost ??= new NumberRanges();
        if (this.#lost.length < lostRangesMax) this.#lost.add(from, to);
      }
      this.#settle(seq);
    }
    this.#expected = { seq: head, at: now };
    this.#claimedBefore = this.#claimed;
    return holes;
  }

  /** The session ends: what it has shown without a hole is counted, the rest it tells on its next connection. */
  end(counts: Judged): void {
    const first = this.#seen.first;
    if (first?.from !== this.#judged + 1) return;
    counts.checked += first.to - first.from + 1;
    this.#settle(first.to);
  }

  #settle(upTo: number): void {
    this.#judged = upTo;
    this.#seen.remove(0, upTo);
  }

  #found(lost: NumberRanges, from: number, to: number): number {
    const found = lost.countIn(from, to);
    if (found > 0) lost.remove(from, to);
    return found;
  }
}
