// What all has the same time, and so falls due in the order in which it began: one timer for all of it. Ten thousand that
// begin or end in one moment would each pay for finding a timer of their own again.

export interface DeadlinesNeeds<Waiting> {
  readonly withinMs: number;
  readonly now: () => number;
  readonly after: (delayMs: number, then: () => void) => () => void;
  readonly due: (waiting: Waiting, beganAt: number) => void;
}

export class Deadlines<Waiting> {
  readonly #needs: DeadlinesNeeds<Waiting>;
  readonly #beganAt = new Map<Waiting, number>();
  #endWait: (() => void) | null = null;

  constructor(needs: DeadlinesNeeds<Waiting>) {
    this.#needs = needs;
  }

  /** From now on; it must not be waiting yet. */
  begins(waiting: Waiting): void {
    this.#beganAt.set(waiting, this.#needs.now());
    if (!this.#endWait) this.#look();
  }

  /** In time, or at all. */
  ends(waiting: Waiting): void {
    this.#beganAt.delete(waiting);
  }

  /** Nothing falls due any more. */
  stop(): void {
    this.#endWait?.();
    this.#endWait = null;
    this.#beganAt.clear();
  }

  #look(): void {
    this.#endWait = null;
    const { withinMs, now, after, due } = this.#needs;
    const at = now();
    for (const [waiting, beganAt] of this.#beganAt) {
      if (beganAt + withinMs > at) {
        this.#endWait ??= after(beganAt + withinMs - at, () => this.#look());
        return;
      }
      this.#beganAt.delete(waiting);
      due(waiting, beganAt);
    }
  }
}
