// The same failure again and again, as when a part of the cluster is away, is told at once and then seldom: a log
// that takes a line with its stack for each waiting command is one more load at the worst moment.

const everyMs = 10_000;
const kindsMax = 100;

export class Seldom {
  #told = new Map<string, { readonly at: number; held: number }>();

  /** How many of this kind were held back since the last one that was told; null: this one is held back, too. */
  due(kind: string, now: number): number | null {
    const last = this.#told.get(kind);
    if (last && now - last.at < everyMs) {
      last.held++;
      return null;
    }
    if (!last && this.#told.size >= kindsMax) this.#told.clear();
    this.#told.set(kind, { at: now, held: 0 });
    return last?.held ?? 0;
  }
}
