// What the doctor says of the parts under a cluster: which answers, which is too old or set up unsafely, and which is
// away; in lines that never hold a password.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type NatsPart, startNats } from "#tests/parts/nats.ts";
import { type PostgresPart, startPostgres } from "#tests/parts/postgres.ts";
import { type RedisPart, startRedis } from "#tests/parts/redis.ts";
import { runBanyan } from "#tests/serve-process.ts";

setDefaultTimeout(60_000);

let postgres: PostgresPart;
let nats: NatsPart;
let redis: RedisPart;

beforeAll(async () => {
  [postgres, nats, redis] = await Promise.all([
    startPostgres(),
    startNats({ jetstream: true }),
    startRedis(),
  ]);
});
afterAll(() => Promise.all([postgres?.stop(), nats?.close(), redis?.stop()]));

function doctor(env: Readonly<Record<string, string>> = {}) {
  return runBanyan(["doctor", "--topology", "cluster", "--port", "0"], {
    BANYAN_POSTGRES_URL: postgres.url(),
    BANYAN_NATS_URLS: nats.urls.join(","),
    BANYAN_NATS_REPLICAS: "1",
    BANYAN_REDIS_URL: redis.url,
    ...env,
  });
}

test("parts that answer are named with their versions, and a primary without a standby is doubtful", async () => {
  const { code, out } = await doctor();
  expect(code).toBe(0);
  expect(out).toMatch(/^look +PostgreSQL +15\.\d+, primary, synchronous_commit on, but no standby confirms/m);
  expect(out).toMatch(/^ok +NATS +2\.\d+\.\d+, 1 node with JetStream$/m);
  expect(out).toMatch(/^ok +Redis +\d+\.\d+\.\d+, maxmemory-policy noeviction$/m);
  expect(out).toContain("Nothing here hinders Banyan.");
});

test("what would lose messages is a problem: commits that do not wait, one node where three shall keep events", async () => {
  await postgres.query("alter system set synchronous_commit = 'local'");
  await postgres.query("select pg_reload_conf()");
  await redis.command("CONFIG SET maxmemory 100mb");
  await redis.command("CONFIG SET maxmemory-policy allkeys-lru");
  try {
    const { code, out } = await doctor({
      BANYAN_NATS_REPLICAS: "3",
      BANYAN_POSTGRES_REPLICA_URLS: postgres.url(),
    });
    expect(code).toBe(1);
    expect(out).toMatch(/^PROBLEM +PostgreSQL +synchronous_commit is local/m);
    expect(out).toMatch(/^PROBLEM +NATS +1 of the 3 nodes/m);
    expect(out).toMatch(/^look +Redis +.*allkeys-lru forgets who is online/m);
    expect(out).toMatch(/^look +replicas +127\.0\.0\.1:\d+ is a primary/m);
  } finally {
    await postgres.query("alter system reset synchronous_commit");
    await postgres.query("select pg_reload_conf()");
  }
});

test("a part that is away is named by its host, without the password", async () => {
  const nobody = "127.0.0.1:1";
  const { code, out, err } = await doctor({
    BANYAN_POSTGRES_URL: `postgres://banyan:hush-hush@${nobody}/banyan`,
    BANYAN_NATS_URLS: `nats://banyan:hush-hush@${nobody}`,
    BANYAN_REDIS_URL: `redis://:hush-hush@${nobody}`,
  });
  expect(code).toBe(1);
  for (const part of ["PostgreSQL", "NATS", "Redis"])
    expect(out).toMatch(new RegExp(`^PROBLEM +${part} +127\\.0\\.0\\.1:1: .+`, "m"));
  expect(out + err).not.toContain("hush-hush");
  expect(out).toContain("3 found that would hinder Banyan.");
});
