// How often somebody may do something. Rules P48 - P50 and P63 - P65 in ports/SPEC.md.
//
// P48 of all takes of one key, also concurrent ones, at most `count` within `perMs` are admitted.
// P49 who is not admitted is told after how many milliseconds it is worth trying again.
// P50 keys and names do not disturb each other, and the memory for keys is bounded.
// P63 what several processes settle of one key is one sum: above the rate each of them is told how long to wait.
// P64 who keeps below the rate is never told to wait; a wait is no longer than `sharedWaitMaxMs`.
// P65 while the shared memory is away takes are counted per process, settling answers no waits; nothing fails.

export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

export interface RateLimits {
  /** 0: admitted, and counted. More: not admitted, the milliseconds to wait. `name` is of a small closed list. */
  take(name: string, rate: Rate, key: string): Promise<number>;
  /** Takes one admitted take back: it should not have counted. */
  giveBack(name: string, rate: Rate, key: string): Promise<void>;
}

/** A rate in the long run, with what may be spent at once after a rest. */
export interface SharedRate extends Rate {
  readonly burst: number;
}

export interface Spent {
  readonly key: string;
  readonly count: number;
  /** How long ago the spending of these began. */
  readonly overMs: number;
  readonly rate: SharedRate;
}

/** Counts that many processes share, settled after the spending, so that nobody waits for them. */
export interface SharedCounts {
  /** The milliseconds for which each key must not spend, in the order asked; 0: it may. Never rejects. */
  settle(name: string, spent: readonly Spent[]): Promise<readonly number[]>;
}

/** However much was spent before anybody knew, it is forgiven after that long. */
export const sharedWaitMaxMs = 10_000;
