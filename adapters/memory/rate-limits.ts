// Rate limits of one process. Keys that come while a name already has `keysMax` fresh ones share a single count.

import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { BoundedKeys } from "#base/bounded-keys.ts";
import type { Rate, RateLimits } from "#ports/rate-limits.ts";

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
  readonly #keys: BoundedKeys;

  constructor(rate: Rate, keysMax: number) {
    this.#limiter = new RateLimiterMemory({ points: rate.count, duration: rate.perMs / 1000 });
    this.#keys = new BoundedKeys(keysMax, rate.perMs);
  }

  async take(key: string): Promise<number> {
    try {
      await this.#limiter.consume(this.#keys.placeOf(key, Date.now()));
      return 0;
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return Math.max(1, Math.ceil(refusal.msBeforeNext));
      throw refusal;
    }
  }

  async giveBack(key: string): Promise<void> {
    const place = this.#keys.placeBefore(key);
    if ((await this.#limiter.get(place)) !== null) await this.#limiter.reward(place);
  }
}
