// Randomness, handed in: the simulation draws it from a seed.

export interface Chance {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
  /** A number in [0, 1), for jitter. */
  fraction(): number;
}
