// Rate limits that processes share. Rules P48 - P50 and P65. A fixed window for each key, counted in one step in
// Redis; all takes that wait at the same time are one write. Of a large count a process takes a lump, which it gives out
// without asking until the window ends: what is left of it then was nobody's. While Redis is away, or late, each process
// counts for itself.

import { BoundedKeys } from "#base/bounded-keys.ts";
import { Gather } from "#base/gather.ts";
import type { Rate, RateLimits } from "#ports/rate-limits.ts";
import type { Call, Redis } from "./connection.ts";
import { inTime } from "./in-time.ts";

/** How many of those wanted were taken, and for how long the window lasts; refused takes do not count. */
const take = `
local left = tonumber(ARGV[1]) - tonumber(redis.call('GET', KEYS[1]) or 0)
if left <= 0 then
  return {0, math.max(1, redis.call('PTTL', KEYS[1]))}
end
redis.call('SET', KEYS[1], 0, 'PX', ARGV[2], 'NX')
local taken = math.min(left, tonumber(ARGV[3]))
redis.call('INCRBY', KEYS[1], taken)
return {taken, math.max(1, redis.call('PTTL', KEYS[1]))}`;

const giveBack = `
if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then redis.call('DECR', KEYS[1]) end
return 0`;

export interface RedisRateLimitsOptions {
  /** Who counts while Redis is away. */
  readonly perProcess: RateLimits;
  /** Keys of one name that this process may keep in Redis at a time. */
  readonly keysMax?: number;
  /** A take waits for Redis no longer than this. */
  readonly answerMs?: number;
}

export function openRedisRateLimits(redis: Redis, options: RedisRateLimitsOptions): RateLimits {
  const { perProcess, keysMax = 100_000, answerMs = 250 } = options;
  redis.script("rateTake", 1, take);
  redis.script("rateGiveBack", 1, giveBack);
  const asked = new Gather<Call, unknown>({
    work: (calls) => redis.ask(calls),
    batchMax: 500,
    queueMax: 10_000,
  });
  const countsOf = new Map<string, Count>();

  function countOf(name: string, rate: Rate): Count {
    const id = `${name}:${rate.count}/${rate.perMs}`;
    const known = countsOf.get(id) ?? new Count(id, rate, keysMax);
    countsOf.set(id, known);
    return known;
  }

  const redisKey = ({ id }: Count, place: string) => `${redis.namespace}:rate:${id}:{${place}}`;
  const ask = (call: Call) => (redis.isReady() ? inTime(answerMs, asked.ask(call)) : null);

  return {
    async take(name, rate, key) {
      const count = countOf(name, rate);
      const now = Date.now();
      const place = count.keys.placeOf(key, now);
      if (count.spend(place, now)) return 0;
      const told = await ask(["rateTake", redisKey(count, place), rate.count, rate.perMs, count.lump]);
      if (!Array.isArray(told)) return perProcess.take(name, rate, key);
      const [taken, lastsMs] = told as [number, number];
      if (taken === 0) return lastsMs;
      count.keep(place, taken - 1, now + lastsMs);
      return 0;
    },
    async giveBack(name, rate, key) {
      const count = countOf(name, rate);
      const place = count.keys.placeBefore(key);
      const given = await ask(["rateGiveBack", redisKey(count, place)]);
      if (given === null) await perProcess.giveBack(name, rate, key);
    },
  };
}

/** So many lumps make up a count: what several processes may leave unused stays small beside it. */
const lumpsOfCount = 50;

/** What this process has taken of one count and not given out yet. */
class Count {
  readonly id: string;
  readonly keys: BoundedKeys;
  readonly lump: number;
  /** In the order of their ends, about. */
  readonly #taken = new Map<string, { left: number; readonly until: number }>();

  constructor(id: string, rate: Rate, keysMax: number) {
    this.id = id;
    this.keys = new BoundedKeys(keysMax, rate.perMs);
    this.lump = Math.max(1, Math.floor(rate.count / lumpsOfCount));
  }

  spend(place: string, now: number): boolean {
    const taken = this.#taken.get(place);
    if (!taken || taken.until <= now || taken.left === 0) return false;
    taken.left--;
    return true;
  }

  keep(place: string, left: number, until: number): void {
    for (const [oldest, taken] of this.#taken) {
      if (taken.until > Date.now()) break;
      this.#taken.delete(oldest);
    }
    if (left === 0) return;
    const before = this.#taken.get(place);
    this.#taken.delete(place);
    this.#taken.set(place, { left: left + (before && before.until > Date.now() ? before.left : 0), until });
  }
}
