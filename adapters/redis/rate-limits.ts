// Rate limits that processes share. Rules P48 - P50 and P65. A fixed window for each key, counted in one step in
// Redis; all takes that wait at the same time are one write. While Redis is away, or late, each process counts for
// itself.

import { BoundedKeys } from "#base/bounded-keys.ts";
import { Gather } from "#base/gather.ts";
import type { Rate, RateLimits } from "#ports/rate-limits.ts";
import type { Call, Redis } from "./connection.ts";
import { inTime } from "./in-time.ts";

/** The milliseconds to wait; refused takes do not count. */
const take = `
local taken = tonumber(redis.call('GET', KEYS[1]) or 0)
if taken >= tonumber(ARGV[1]) then
  return math.max(1, redis.call('PTTL', KEYS[1]))
end
redis.call('SET', KEYS[1], 0, 'PX', ARGV[2], 'NX')
redis.call('INCR', KEYS[1])
return 0`;

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
  const keysOf = new Map<string, BoundedKeys>();

  function keys(name: string, rate: Rate): BoundedKeys {
    const id = nameOf(name, rate);
    const known = keysOf.get(id) ?? new BoundedKeys(keysMax, rate.perMs);
    keysOf.set(id, known);
    return known;
  }

  const redisKey = (name: string, rate: Rate, place: string) =>
    `${redis.namespace}:rate:${nameOf(name, rate)}:{${place}}`;
  const ask = (call: Call) => (redis.isReady() ? inTime(answerMs, asked.ask(call)) : null);

  return {
    async take(name, rate, key) {
      const place = keys(name, rate).placeOf(key, Date.now());
      const waitMs = await ask(["rateTake", redisKey(name, rate, place), rate.count, rate.perMs]);
      return typeof waitMs === "number" ? waitMs : perProcess.take(name, rate, key);
    },
    async giveBack(name, rate, key) {
      const place = keys(name, rate).placeBefore(key);
      const given = await ask(["rateGiveBack", redisKey(name, rate, place)]);
      if (given === null) await perProcess.giveBack(name, rate, key);
    },
  };
}

function nameOf(name: string, rate: Rate): string {
  return `${name}:${rate.count}/${rate.perMs}`;
}
