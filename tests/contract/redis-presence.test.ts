// Presence on a real Redis, with processes that are connections of their own: the contract, and what befalls them.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { systemClock } from "#adapters/bun/clock.ts";
import { openRedis, type Redis } from "#adapters/redis/connection.ts";
import { openRedisPresence, type RedisPresence, type RedisPresenceLimits } from "#adapters/redis/presence.ts";
import type { UserId } from "#base/ids.ts";
import type { Presence, PresenceState } from "#ports/presence.ts";
import { startPresenceSweep } from "#services/presence/sweep-dead-gateways.ts";
import { type RedisPart, startRedis } from "#tests/parts/redis.ts";
import { until } from "#tests/parts/until.ts";
import { newUser, newUsers } from "./made-up.ts";
import { presenceContract } from "./presence.ts";

const limits: Partial<RedisPresenceLimits> = {
  graceMs: 5,
  leaseMs: 400,
  renewMs: 100,
  healMs: 300,
  answerMs: 400,
};

let part: RedisPart;
beforeAll(async () => {
  part = await startRedis();
});
afterAll(() => part.stop());

let spaces = 0;

interface Process {
  readonly redis: Redis;
  readonly presence: RedisPresence;
  readonly close: () => Promise<void>;
  /** As if killed: it says nothing to anybody any more. */
  readonly die: () => Promise<void>;
}

async function openProcess(namespace: string, instance: string, nowMs = systemClock.now): Promise<Process> {
  const redis = openRedis({ url: part.url, namespace, silentMs: 500 });
  let isDead = false;
  const clock = {
    now: () => nowMs(),
    after: (delayMs: number, then: () => void) =>
      systemClock.after(delayMs, () => {
        if (!isDead) then();
      }),
  };
  const presence = openRedisPresence(redis, { instance, clock, limits });
  await until("Redis is there", () => redis.isReady());
  const die = async () => {
    isDead = true;
    await redis.close();
    await presence.close();
  };
  return { redis, presence, die, close: () => presence.close().then(() => redis.close()) };
}

/** A user who comes and goes after everybody else: when that is told, all before has been told. */
async function settled(here: Presence, elsewhere: Presence): Promise<void> {
  const told: PresenceState[] = [];
  const user = newUser();
  const watch = elsewhere.watch([user], (state) => told.push(state));
  await watch.states;
  here.sessionStarted(user);
  await until("the last one came", () => told.length === 1);
  here.sessionEnded(user);
  await until("the last one left", () => told.length === 2);
  watch.end();
  await new Promise(setImmediate);
}

presenceContract("in Redis", async () => {
  const namespace = `t${++spaces}`;
  let nowMs = 0;
  const here = await openProcess(namespace, "here", () => nowMs);
  const elsewhere = await openProcess(namespace, "elsewhere", () => nowMs);
  return {
    here: here.presence,
    elsewhere: elsewhere.presence,
    setTime: (toMs) => {
      nowMs = toMs;
    },
    settled: () => settled(here.presence, elsewhere.presence),
    async hereDied() {
      await here.die();
      let count = 0;
      while (count === 0) count = await elsewhere.presence.forgetDead();
      return elsewhere.presence;
    },
    close: async () => void (await Promise.all([here.close(), elsewhere.close()])),
  };
});

presenceContract("in Redis, one process", async () => {
  let nowMs = 0;
  const namespace = `t${++spaces}`;
  const only = await openProcess(namespace, "only", () => nowMs);
  return {
    here: only.presence,
    elsewhere: only.presence,
    setTime: (toMs) => {
      nowMs = toMs;
    },
    settled: () => settled(only.presence, only.presence),
    async hereDied() {
      await only.die();
      const next = await openProcess(namespace, "next", () => nowMs);
      let count = 0;
      while (count === 0) count = await next.presence.forgetDead();
      return next.presence;
    },
    close: only.close,
  };
});

describe("presence in Redis, what befalls it", () => {
  const opened: Process[] = [];
  const open = async (namespace: string, instance: string) => {
    const process = await openProcess(namespace, instance);
    opened.push(process);
    return process;
  };
  const closeAll = async () => {
    for (const process of opened.splice(0)) await process.close();
  };

  function watched(presence: Presence, users: readonly UserId[]) {
    const told: PresenceState[] = [];
    return { told, ...presence.watch(users, (state) => told.push(state)) };
  }

  async function isOnline(presence: Presence, user: UserId): Promise<boolean> {
    const watch = presence.watch([user], () => {});
    const [state] = await watch.states;
    watch.end();
    return state!.online;
  }

  const subscriptions = async (namespace: string) => {
    const answer = await part.command(`PUBSUB CHANNELS ${namespace}:*`);
    return Number(/^\*(\d+)/.exec(answer)![1]);
  };

  test("[P62] who watches is told that a dead process's users are offline, by whichever sweep is first", async () => {
    const namespace = `t${++spaces}`;
    const dying = await open(namespace, "dying");
    const other = await open(namespace, "other");
    const watcher = await open(namespace, "watcher");
    const users = newUsers(1_200);
    const staying = newUser();
    const { told, states } = watched(watcher.presence, [...users, staying]);
    await states;
    for (const user of [...users, staying]) dying.presence.sessionStarted(user);
    other.presence.sessionStarted(staying);
    await until("all are told to be online", () => told.length === 1_201);
    const failures: unknown[] = [];
    const sweeps = [other, watcher].map(({ presence }) =>
      startPresenceSweep({
        upkeep: presence,
        clock: systemClock,
        onFailure: (error) => failures.push(error),
        everyMs: 20,
      }),
    );
    opened.splice(opened.indexOf(dying), 1);
    await dying.die();
    await until("all are told to be offline", () => told.length >= 2_401);
    for (const sweep of sweeps) await sweep.stop();
    expect(failures).toEqual([]);
    expect(new Set(told.slice(1_201).map((state) => state.online))).toEqual(new Set([false]));
    expect(new Set(told.slice(1_201).map((state) => state.user))).toEqual(new Set(users));
    expect(await isOnline(watcher.presence, staying)).toBe(true);
    expect(await part.command(`EXISTS ${namespace}:presence:{dying.0}:users`)).toStartWith(":0");
    await closeAll();
  });

  test("[P60] a process that ends: who goes on elsewhere was never away, who does not is told", async () => {
    const namespace = `t${++spaces}`;
    const ending = await open(namespace, "ending");
    const other = await open(namespace, "other");
    const watcher = await open(namespace, "watcher");
    const [moving, going] = newUsers(2) as [UserId, UserId];
    const { told, states } = watched(watcher.presence, [moving, going]);
    await states;
    for (const user of [moving, going]) ending.presence.sessionStarted(user);
    await until("both are told", () => told.length === 2);
    for (const user of [moving, going]) ending.presence.sessionEnded(user);
    other.presence.sessionStarted(moving);
    opened.splice(opened.indexOf(ending), 1);
    await ending.close();
    await until("its state is forgotten", async () => (await watcher.presence.forgetDead()) > 0);
    await settled(other.presence, watcher.presence);
    expect(told.slice(2).map(({ user, online }) => [user, online])).toEqual([[going, false]]);
    await closeAll();
  });

  test("[P40] a process that stood still comes back with its users", async () => {
    const namespace = `t${++spaces}`;
    const still = await open(namespace, "still");
    const watcher = await open(namespace, "watcher");
    const user = newUser();
    const { told, states } = watched(watcher.presence, [user]);
    await states;
    still.presence.sessionStarted(user);
    await until("online", () => told.length === 1);
    await still.redis.ask([["zadd", `${namespace}:presence:{leases}`, 1, "still.0"]]);
    expect(await watcher.presence.forgetDead()).toBe(1);
    await until("online again", () => told.length === 3);
    expect(told.map((state) => state.online)).toEqual([true, false, true]);
    await closeAll();
  });

  for (const loss of ["FLUSHALL", "kill -9 and an empty start"] as const)
    test(`[P61] ${loss}: all users are known again, nobody watched flaps, who left is told`, async () => {
      const namespace = `t${++spaces}`;
      const here = await open(namespace, "here");
      const dying = await open(namespace, "dying");
      const watcher = await open(namespace, "watcher");
      const users = newUsers(700);
      const [leaving, lost] = newUsers(2) as [UserId, UserId];
      const { told, states } = watched(watcher.presence, [...users, leaving, lost]);
      await states;
      for (const user of [...users, leaving]) here.presence.sessionStarted(user);
      dying.presence.sessionStarted(lost);
      await until("all online", () => told.length === 702);
      opened.splice(opened.indexOf(dying), 1);
      await dying.die();
      if (loss === "FLUSHALL") await part.command("FLUSHALL");
      else await part.kill9();
      here.presence.sessionEnded(leaving);
      if (loss !== "FLUSHALL") {
        await until("noticed", () => !watcher.redis.isReady());
        expect(await isOnline(here.presence, users[0]!)).toBe(true);
        expect(await isOnline(watcher.presence, users[0]!)).toBe(true);
        expect(await isOnline(watcher.presence, newUser())).toBe(false);
        await part.start();
      }
      const fresh = await open(namespace, "fresh");
      await until("who left is told", () => told.length >= 704);
      expect(new Set(told.slice(702).map((state) => state.user))).toEqual(new Set([leaving, lost]));
      const seen = fresh.presence.watch(users, () => {});
      expect((await seen.states).filter((state) => !state.online)).toEqual([]);
      seen.end();
      const late = newUser();
      const further = watched(watcher.presence, [late]);
      await further.states;
      here.presence.sessionStarted(late);
      await until("changes arrive again", () => further.told.length === 1);
      expect(told.length).toBe(704);
      await closeAll();
    });

  test("[P61] a process that starts before Redis knows everybody once it is there", async () => {
    const namespace = `t${++spaces}`;
    await part.kill9();
    const redis = openRedis({ url: part.url, namespace, silentMs: 500 });
    const early = openRedisPresence(redis, { instance: "early", clock: systemClock, limits });
    const [user, here] = newUsers(2) as [UserId, UserId];
    early.sessionStarted(here);
    const { told, states } = watched(early, [user, here]);
    expect((await states).map((state) => state.online)).toEqual([false, true]);
    await part.start();
    const late = await open(namespace, "late");
    late.presence.sessionStarted(user);
    await until("it is told", () => told.length === 1);
    await until("known elsewhere", () => isOnline(late.presence, here));
    await early.close();
    await redis.close();
    await closeAll();
  });

  test("[P61] a Redis that stands still delays no look beyond its bound", async () => {
    const namespace = `t${++spaces}`;
    const here = await open(namespace, "here");
    const user = newUser();
    here.presence.sessionStarted(user);
    await settled(here.presence, here.presence);
    part.pause();
    try {
      const askedAt = performance.now();
      const watch = watched(here.presence, [user, newUser()]);
      expect((await watch.states).map((state) => state.online)).toEqual([true, false]);
      expect(performance.now() - askedAt).toBeLessThan(2_000);
      await until("the silent connection is given up", () => !here.redis.isReady());
    } finally {
      part.resume();
    }
    await until("it is back", () => here.redis.isReady());
    await settled(here.presence, here.presence);
    await closeAll();
  });

  test("[P39] a watched user is one subscription however many look, and none when nobody looks", async () => {
    const namespace = `t${++spaces}`;
    const here = await open(namespace, "here");
    const watcher = await open(namespace, "watcher");
    const users = newUsers(50);
    const watches = Array.from({ length: 10 }, () => watched(watcher.presence, users));
    for (const { states } of watches) await states;
    for (const user of newUsers(100)) here.presence.sessionStarted(user);
    await settled(here.presence, watcher.presence);
    expect(await subscriptions(namespace)).toBe(50);
    expect(watcher.presence.stats()).toEqual({ watchedUsers: 50 });
    for (const { end } of watches.slice(1)) end();
    expect(watcher.presence.stats()).toEqual({ watchedUsers: 50 });
    watches[0]!.end();
    const endsAt = performance.now() + 5_000;
    while ((await subscriptions(namespace)) > 0) expect(performance.now()).toBeLessThan(endsAt);
    expect(watcher.presence.stats()).toEqual({ watchedUsers: 0 });
    await closeAll();
  });
});
