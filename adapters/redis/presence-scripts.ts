// What presence keeps in Redis, and the steps that must be one.
//
//   <ns>:presence:{<user>}:at      hash: in which processes the user has sessions
//   <ns>:presence:{<user>}:seen    when the last session ended; ends by itself after `seenForMs`
//   <ns>:presence:{<user>}         channel: "online", or when the last session ended
//   <ns>:presence:{<lease>}:users  set: who has sessions in the process that holds this lease; never too few
//   <ns>:presence:{leases}         sorted set: until when each process counts as living, by Redis's own clock

import type { UserId } from "#base/ids.ts";
import { dayMs } from "#base/units.ts";
import type { Call, Redis } from "./connection.ts";

export const seenForMs = 30 * dayMs;

const now = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)";

const arrive = `
redis.call('HSET', KEYS[1], ARGV[1], 1)
redis.call('PUBLISH', ARGV[2], 'online')
return 1`;

const leave = `
redis.call('HDEL', KEYS[1], ARGV[1])
local seen = math.max(tonumber(redis.call('GET', KEYS[2]) or 0), tonumber(ARGV[3]))
redis.call('SET', KEYS[2], string.format('%.0f', seen), 'PX', ARGV[4])
if redis.call('HLEN', KEYS[1]) == 0 then
  redis.call('PUBLISH', ARGV[2], string.format('%.0f', seen))
end
return 1`;

/** A lease that has ended is not renewed: its users may be forgotten already, so its holder takes a new one. */
const renew = `${now}
if ARGV[3] == '0' then
  local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
  if not ends or tonumber(ends) < now then return 0 end
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return 1`;

const shorten = `${now}
return redis.call('ZADD', KEYS[1], 'XX', 'LT', now + ARGV[2], ARGV[1])`;

const living = `${now}
return redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')`;

const dead = `${now}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. now, 'WITHSCORES', 'LIMIT', 0, 16)`;

export type PresenceCalls = ReturnType<typeof presenceCalls>;

export function presenceCalls(redis: Redis) {
  redis.script("presenceArrive", 1, arrive);
  redis.script("presenceLeave", 2, leave);
  redis.script("presenceRenew", 1, renew);
  redis.script("presenceShorten", 1, shorten);
  redis.script("presenceLiving", 1, living);
  redis.script("presenceDead", 1, dead);
  const prefix = `${redis.namespace}:presence`;
  const leases = `${prefix}:{leases}`;
  const channel = (user: UserId) => `${prefix}:{${user}}`;
  const at = (user: UserId) => `${channel(user)}:at`;
  const seen = (user: UserId) => `${channel(user)}:seen`;
  const users = (lease: string) => `${prefix}:{${lease}}:users`;
  return {
    channel,
    userOf: (ofChannel: string) => ofChannel.slice(prefix.length + 2, -1) as UserId,
    arrive: (user: UserId, lease: string): Call => ["presenceArrive", at(user), lease, channel(user)],
    leave: (user: UserId, lease: string, when: number): Call => [
      "presenceLeave",
      at(user),
      seen(user),
      lease,
      channel(user),
      when,
      seenForMs,
    ],
    processes: (user: UserId): Call => ["hkeys", at(user)],
    seen: (user: UserId): Call => ["get", seen(user)],
    renew: (lease: string, forMs: number, isNew: boolean): Call => [
      "presenceRenew",
      leases,
      lease,
      forMs,
      isNew ? 1 : 0,
    ],
    shorten: (lease: string, toMs: number): Call => ["presenceShorten", leases, lease, toMs],
    living: (): Call => ["presenceLiving", leases],
    dead: (): Call => ["presenceDead", leases],
    forgetLease: (lease: string): Call => ["zrem", leases, lease],
    someUsers: (lease: string, count: number): Call => ["srandmember", users(lease), count],
    addUsers: (lease: string, added: readonly UserId[]): Call => ["sadd", users(lease), ...added],
    removeUsers: (lease: string, removed: readonly UserId[]): Call => ["srem", users(lease), ...removed],
  };
}
