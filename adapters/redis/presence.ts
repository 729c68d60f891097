// Presence shared by processes. Rules P38 - P40 and P60 - P62. Each process counts its own sessions and tells Redis
// only when a user comes or leaves; changes reach the processes that look at that user; the users of a process whose
// lease has ended are offline, told by whoever forgets it. docs/decisions/0010-redis.md tells why.

import type { UserId } from "#base/ids.ts";
import { LocalSessions } from "#core/presence/local-sessions.ts";
import type { Clock } from "#ports/clock.ts";
import type { Presence, PresenceUpkeep } from "#ports/presence.ts";
import type { Redis } from "./connection.ts";
import { type LeaseLimits, PresenceLease } from "./presence-lease.ts";
import { type PresenceCalls, presenceCalls } from "./presence-scripts.ts";
import { PresenceWatches, type WatchLimits } from "./presence-watches.ts";

export interface RedisPresenceLimits extends LeaseLimits, WatchLimits {
  readonly graceMs: number;
}

const usualLimits: RedisPresenceLimits = {
  graceMs: 2_000,
  leaseMs: 6_000,
  renewMs: 2_000,
  batchMax: 500,
  paceMs: 20,
  waitingMax: 100_000,
  answerMs: 500,
  readsMax: 500,
  healMs: 6_000,
};

export interface RedisPresenceOptions {
  /** Its own for each process that ever was. */
  readonly instance: string;
  readonly clock: Clock;
  readonly limits?: Partial<RedisPresenceLimits>;
}

export interface RedisPresence extends Presence, PresenceUpkeep {
  stats(): { watchedUsers: number };
  close(): Promise<void>;
}

export function openRedisPresence(redis: Redis, options: RedisPresenceOptions): RedisPresence {
  const { instance, clock } = options;
  const limits = { ...usualLimits, ...options.limits };
  const calls = presenceCalls(redis);
  const sessions = new LocalSessions({
    graceMs: limits.graceMs,
    now: () => clock.now(),
    after: (delayMs, then) => clock.after(delayMs, then),
    came(user) {
      lease.came(user);
      watches.localChange(user, null);
    },
    left(user, at) {
      lease.left(user, at);
      watches.localChange(user, at);
    },
  });
  const watches = new PresenceWatches({
    redis,
    calls,
    clock,
    limits,
    isHere: (user) => sessions.isHere(user),
  });
  const lease = new PresenceLease({
    redis,
    calls,
    clock,
    instance,
    limits,
    here: () => sessions.users(),
    renewing: () => watches.ping(),
    taken: () => watches.healSoon(),
  });

  return {
    sessionStarted: (user) => sessions.started(user),
    sessionEnded: (user) => sessions.ended(user),
    watch: (users, then) => watches.watch(users, then),
    forgetDead: () => forgetDead(redis, calls, limits.batchMax),
    stats: () => ({ watchedUsers: watches.stats().users }),
    async close() {
      sessions.stop();
      watches.close();
      await lease.close(limits.graceMs);
    },
  };
}

/** Each step may be done twice or left undone: another one's next round does it. */
async function forgetDead(redis: Redis, calls: PresenceCalls, batchMax: number): Promise<number> {
  if (!redis.isReady()) return 0;
  const [dead] = (await redis.ask([calls.dead()])) as [string[]];
  let count = 0;
  for (let i = 0; i < dead.length; i += 2) {
    const lease = dead[i]!;
    const endedAt = Number(dead[i + 1]);
    for (;;) {
      const [users] = (await redis.ask([calls.someUsers(lease, batchMax)])) as [UserId[]];
      if (users.length === 0) break;
      const leaves = users.map((user) => calls.leave(user, lease, endedAt));
      await redis.ask([...leaves, calls.removeUsers(lease, users)]);
      count += users.length;
    }
    await redis.ask([calls.forgetLease(lease)]);
  }
  return count;
}
