// Two processes of a cluster on one port of one machine, without a balancer: the kernel gives connections to both, and
// who stops leaves the next ones to the other.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { signUp, WireClient } from "#tests/conformance/wire-client.ts";
import { type NatsPart, startNats } from "#tests/parts/nats.ts";
import { type PostgresPart, startPostgres } from "#tests/parts/postgres.ts";
import { type RedisPart, startRedis } from "#tests/parts/redis.ts";
import { until } from "#tests/parts/until.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { chatAcross } from "./chat-across.ts";

setDefaultTimeout(60_000);

const sockets = 60;
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

function start(...more: string[]): Promise<TestServer> {
  return startServer({
    args: ["--topology", "cluster", "--reuse-port", "--drain-ms", "500", ...more],
    env: {
      BANYAN_POSTGRES_URL: postgres.url(),
      BANYAN_NATS_URLS: nats.urls.join(","),
      BANYAN_NATS_REPLICAS: "1",
      BANYAN_REDIS_URL: redis.url,
    },
  });
}

test("two processes share a port: both get connections; when one stops, the other gets them all", async () => {
  const first = await start();
  const second = await start("--port", String(first.port), "--roles", "gateway,api");
  const open: WireClient[] = [];
  try {
    expect(second.url).toBe(first.url);
    const { token } = await signUp(first.url, "sharer");
    const before = [socketsOf(first), socketsOf(second)];
    for (let i = 0; i < sockets; i++) open.push(await WireClient.join(first.url, token));
    const got = [socketsOf(first) - before[0]!, socketsOf(second) - before[1]!];
    console.log(`${sockets} connections: ${got.join(" and ")}`);
    expect(Math.min(...got)).toBeGreaterThan(sockets / 6);
    await chatAcross(first.url, [first.url, second.url]);

    const stopped = second.stop();
    await until("the second leads its people elsewhere", () => open.some((client) => client.isClosed));
    for (let i = 0; i < 20; i++) open.push(await WireClient.join(first.url, token));
    expect(await stopped).toBe(0);
    expect(open.slice(sockets).filter((client) => client.isClosed)).toEqual([]);
  } finally {
    for (const client of open) client.close();
    await Promise.all([first.stop(), second.stop()]);
  }
});

/** How many sockets the process has open, of any kind. */
function socketsOf({ pid }: TestServer): number {
  const files = readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      return ""; // closed meanwhile
    }
  });
  return files.filter((target) => target.startsWith("socket:")).length;
}
