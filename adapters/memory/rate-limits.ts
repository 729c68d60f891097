// Rate limits of one process. Keys that come while a name already has `keysMax` fresh ones share a single count:
// a flood of addresses cannot fill the memory, and is slowed down as one.

import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Rate, RateLimits } from "#ports/rate-limits.ts";

const otherKeys = "(all further keys)";

export function openMemoryRateLimits(keysMax = 100_000): RateLimits {
  const limiters = new Map<string, BoundedLimiter>();
  const limiterOf = (name: string, rate: Rate) => {
    const id = `${name} ${rate.count}/${rate.perMs}`;
    const known = limiters.get(id) ?? new BoundedLimiter(rate, keysMax);
    limiters.set(id, known);
    return known;
  };
  return {
    take: (name, rate, key) => limiterOf(name, rate).take(key),
    giveBack: (name, rate, key) => limiterOf(name, rate).giveBack(key),
  };
}

class BoundedLimiter {
  readonly #limiter: RateLimiterMemory;
  readonly #keysMax: number;
  readonly #live = new Map<string, number>();

  constructor(
    readonly rate: Rate,
    keysMax: number,
  ) {
    this.#limiter = new RateLimiterMemory({ points: rate.count, duration: rate.perMs / 1000 });
    this.#keysMax = keysMax;
  }

  async take(key: string): Promise<number> {
    try {
      await this.#limiter.consume(this.#placeOf(key));
      return 0;
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return Math.max(1, Math.ceil(refusal.msBeforeNext));
      throw refusal;
    }
  }

  async giveBack(key: string): Promise<void> {
    const place = this.#live.has(key) ? key : otherKeys;
    if ((await this.#limiter.get(place)) !== null) await this.#limiter.reward(place);
  }

  /** Remembers until when each key lives, oldest first, so that ended ones make room. */
  #placeOf(key: string): string {
    const now = Date.now();
    const endsAt = this.#live.get(key);
    if (endsAt !== undefined && endsAt > now) return key;
    this.#live.delete(key);
    for (const [oldest, end] of this.#live) {
      if (end > now) break;
      this.#live.delete(oldest);
    }
    if (this.#live.size >= this.#keysMax) return otherKeys;
    this.#live.set(key, now + this.rate.perMs);
    return key;
  }
}
