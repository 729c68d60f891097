// Who has connected and not said hello. All have the same time for it, so they fall due in the order in which they came:
// one timer for all of them, since ten thousand that come in one moment would each pay for finding theirs again.

import type { Clock } from "#ports/clock.ts";

export class HelloDeadline<Waiting> {
  readonly #clock: Clock;
  readonly #withinMs: number;
  readonly #tooLate: (waiting: Waiting) => void;
  readonly #dueAt = new Map<Waiting, number>();
  #endWait: (() => void) | null = null;

  constructor(clock: Clock, withinMs: number, tooLate: (waiting: Waiting) => void) {
    this.#clock = clock;
    this.#withinMs = withinMs;
    this.#tooLate = tooLate;
  }

  begins(waiting: Waiting): void {
    this.#dueAt.set(waiting, this.#clock.now() + this.#withinMs);
    if (!this.#endWait) this.#look();
  }

  ends(waiting: Waiting): void {
    this.#dueAt.delete(waiting);
  }

  stop(): void {
    this.#endWait?.();
  }

  #look(): void {
    this.#endWait = null;
    const now = this.#clock.now();
    for (const [waiting, dueAt] of this.#dueAt) {
      if (dueAt > now) {
        this.#endWait = this.#clock.after(dueAt - now, () => this.#look());
        return;
      }
      this.#dueAt.delete(waiting);
      this.#tooLate(waiting);
    }
  }
}
