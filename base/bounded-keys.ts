// Which keys have a place of their own while they live. A key that comes when all places are taken gets the one that
// all further keys share: a flood of keys cannot fill the memory, and whoever was known before does not notice it.

const furtherKeys = "(all further keys)";

export class BoundedKeys {
  readonly #keysMax: number;
  readonly #liveMs: number;
  /** Until when each key lives, oldest first. */
  readonly #live = new Map<string, number>();

  constructor(keysMax: number, liveMs: number) {
    this.#keysMax = keysMax;
    this.#liveMs = liveMs;
  }

  /** Takes a place for the key, or names the shared one. */
  placeOf(key: string, now: number): string {
    const endsAt = this.#live.get(key);
    if (endsAt !== undefined && endsAt > now) return key;
    this.#live.delete(key);
    for (const [oldest, end] of this.#live) {
      if (end > now) break;
      this.#live.delete(oldest);
    }
    if (this.#live.size >= this.#keysMax) return furtherKeys;
    this.#live.set(key, now + this.#liveMs);
    return key;
  }

  /** Where the key was last counted. */
  placeBefore(key: string): string {
    return this.#live.has(key) ? key : furtherKeys;
  }
}
