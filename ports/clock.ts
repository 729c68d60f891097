// Time, handed in: the simulation moves it by hand.

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `then` once after `delayMs`; the returned function takes it back. */
  after(delayMs: number, then: () => void): () => void;
}
