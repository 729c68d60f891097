// Counts that processes share. Rules P63 - P65. One number for each key: until when all that was spent is paid for at
// the rate (the generic cell rate algorithm, ITU-T I.371); who is ahead by more than the burst waits. Spending counts
// from when it began, not from when it is settled, so that settling in lumps refuses nobody who kept to the rate.

import { type SharedCounts, sharedWaitMaxMs } from "#ports/rate-limits.ts";
import type { Redis } from "./connection.ts";
import { inTime } from "./in-time.ts";

/** ARGV: what was spent costs, the burst is worth, began how long ago, the longest wait; all in milliseconds. */
const settle = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local cost, burst, over, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local paid = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now - over) + cost
paid = math.min(paid, now + burst + most)
if paid > now then
  redis.call('SET', KEYS[1], string.format('%.3f', paid), 'PX', math.ceil(paid - now))
end
return math.ceil(math.max(0, paid - burst - now))`;

export interface SharedCountsOptions {
  readonly answerMs?: number;
  readonly batchMax?: number;
}

export function openRedisSharedCounts(redis: Redis, options: SharedCountsOptions = {}): SharedCounts {
  const { answerMs = 1_000, batchMax = 500 } = options;
  redis.script("countsSettle", 1, settle);
  return {
    async settle(name, spent) {
      const waits: number[] = [];
      for (let from = 0; from < spent.length; from += batchMax) {
        const some = spent.slice(from, from + batchMax);
        const calls = some.map(({ key, count, overMs, rate }) => {
          const msEach = rate.perMs / rate.count;
          const place = `${redis.namespace}:spent:${name}:{${key}}`;
          return [
            "countsSettle",
            place,
            count * msEach,
            rate.burst * msEach,
            overMs,
            sharedWaitMaxMs,
          ] as const;
        });
        const answers = redis.isReady() ? await inTime(answerMs, redis.ask(calls)) : null;
        waits.push(...((answers as number[] | null) ?? some.map(() => 0)));
      }
      return waits;
    },
  };
}
