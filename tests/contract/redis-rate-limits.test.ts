// Rate limits and shared counts on a real Redis: the contracts, between processes, and without Redis.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { openMemoryRateLimits } from "#adapters/memory/rate-limits.ts";
import { openRedis, type Redis } from "#adapters/redis/connection.ts";
import { openRedisRateLimits } from "#adapters/redis/rate-limits.ts";
import { openRedisSharedCounts } from "#adapters/redis/shared-counts.ts";
import type { RateLimits } from "#ports/rate-limits.ts";
import { type RedisPart, startRedis } from "#tests/parts/redis.ts";
import { until } from "#tests/parts/until.ts";
import { rateLimitsContract, sharedCountsContract } from "./rate-limits.ts";

let part: RedisPart;
let here: Redis;
let elsewhere: Redis;
let spaces = 0;

beforeAll(async () => {
  part = await startRedis();
  const open = () => openRedis({ url: part.url, namespace: "t", silentMs: 500 });
  here = open();
  elsewhere = open();
  await until("Redis is there", () => here.isReady() && elsewhere.isReady());
});
afterAll(async () => {
  await Promise.all([here.close(), elsewhere.close()]);
  await part.stop();
});

const within = (redis: Redis, namespace: string): Redis => ({ ...redis, namespace });

/** Where Redis is there nobody else may count. */
const nobody: RateLimits = {
  take: () => Promise.reject(new Error("Redis should have counted")),
  giveBack: () => Promise.reject(new Error("Redis should have counted")),
};

rateLimitsContract("redis", (keysMax) =>
  openRedisRateLimits(within(here, `t${++spaces}`), { perProcess: nobody, keysMax, answerMs: 5_000 }),
);

sharedCountsContract("redis", () => {
  const namespace = `t${++spaces}`;
  return {
    here: openRedisSharedCounts(within(here, namespace)),
    elsewhere: openRedisSharedCounts(within(elsewhere, namespace)),
  };
});

test("[P48] redis: two processes admit together what the rate says", async () => {
  const namespace = `t${++spaces}`;
  const rate = { count: 20, perMs: 60_000 };
  const limits = [here, elsewhere].map((redis) =>
    openRedisRateLimits(within(redis, namespace), { perProcess: nobody, answerMs: 5_000 }),
  );
  const takes = Array.from({ length: 60 }, (_, i) => limits[i % 2]!.take("n", rate, "ana"));
  expect((await Promise.all(takes)).filter((waitMs) => waitMs === 0).length).toBe(20);
});

test("[P48] redis: of a large count processes take lumps, and never more than there is", async () => {
  const namespace = `t${++spaces}`;
  const rate = { count: 500, perMs: 60_000 };
  let calls = 0;
  const counted = (redis: Redis): Redis => ({
    ...within(redis, namespace),
    ask(asked) {
      calls += asked.length;
      return redis.ask(asked);
    },
  });
  const [one, other] = [here, elsewhere].map((redis) =>
    openRedisRateLimits(counted(redis), { perProcess: nobody, answerMs: 5_000 }),
  );
  expect(await one!.take("n", rate, "ana")).toBe(0);
  let admitted = 0;
  while ((await other!.take("n", rate, "ana")) === 0) admitted++;
  // Of the first one's ten nine are left, which nobody else gets.
  expect(admitted).toBe(490);
  expect(calls).toBe(1 + 49 + 1);
  for (let i = 0; i < 9; i++) expect(await one!.take("n", rate, "ana")).toBe(0);
  expect(await one!.take("n", rate, "ana")).toBeGreaterThan(0);
});

test("[P48] redis: what is left of a lump ends with its window", async () => {
  const limits = openRedisRateLimits(within(here, `t${++spaces}`), { perProcess: nobody, answerMs: 5_000 });
  const rate = { count: 100, perMs: 60 };
  const endedAt = performance.now() + 200;
  let admitted = 0;
  while (performance.now() < endedAt) {
    if ((await limits.take("n", rate, "ana")) === 0) admitted++;
    else await new Promise(setImmediate);
  }
  expect(admitted).toBeLessThanOrEqual(4 * 100);
  expect(admitted).toBeGreaterThan(100);
});

test("[P65] redis: away, silent, then back", async () => {
  const redis = within(here, `t${++spaces}`);
  const rate = { count: 5, perMs: 60_000 };
  const limits = openRedisRateLimits(redis, { perProcess: openMemoryRateLimits(), answerMs: 100 });
  const counts = openRedisSharedCounts(redis, { answerMs: 100 });
  const twelve = async (key: string) => {
    const takes = await Promise.all(Array.from({ length: 12 }, () => limits.take("n", rate, key)));
    return takes.filter((waitMs) => waitMs === 0).length;
  };
  const flood = { key: "ana", count: 1_000, overMs: 0, rate: { count: 10, perMs: 1_000, burst: 10 } };
  part.pause();
  const askedAt = performance.now();
  expect(await twelve("while silent")).toBe(5);
  expect(await counts.settle("n", [flood])).toEqual([0]);
  expect(performance.now() - askedAt).toBeLessThan(2_000);
  part.resume();
  await part.kill9();
  await until("noticed", () => !here.isReady());
  expect(await twelve("while away")).toBe(5);
  for (let i = 0; i < 5; i++) expect(await limits.take("n", rate, "given back")).toBe(0);
  await limits.giveBack("n", rate, "given back");
  expect(await twelve("given back")).toBe(1);
  expect(await counts.settle("n", [flood])).toEqual([0]);
  await part.start();
  await until("back", () => here.isReady());
  expect(await twelve("back")).toBe(5);
  expect((await counts.settle("n", [flood]))[0]).toBeGreaterThan(0);
});
