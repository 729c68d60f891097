// How often somebody may do something. Rules P48 - P50 in ports/SPEC.md.
//
// P48 of all takes of one key, also concurrent ones, at most `count` within `perMs` are admitted.
// P49 who is not admitted is told after how many milliseconds it is worth trying again.
// P50 keys and names do not disturb each other, and the memory for keys is bounded.

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
