// kill -9 in the middle of the work, again and again: the server (in a cluster all of its processes at once), and by
// itself its PostgreSQL, both stories side by side. What was acknowledged is there, once; the time until the next
// acknowledgement is printed.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startServer, type TestServer } from "#tests/server.ts";
import { topology } from "#tests/topology.ts";
import { audit, makePairs, startCrowd } from "./senders.ts";

/** A cluster's processes are killed one by one, and for longer, by ./banyan drill. */
const rounds = topology === "cluster" ? 2 : process.env.TEST_QUICK ? 3 : 20;
const pairs = 100;
/** Longer than a client and a database need to count as steady: this is a fault now and then, no flapping. */
const chatMs = 3_500;
const limits = ["--sign-ups-per-hour", "1000", "--hash-memory-kib", "64", "--requests-per-minute", "1000000"];

async function killed(what: string, kill: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await startServer({ args: limits });
  try {
    const places = await makePairs(server.url, pairs);
    const crowd = await startCrowd(server.url, places);
    const firstMs: number[] = [];
    const allMs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await crowd.chatted(chatMs);
      const killedAt = performance.now();
      await kill(server);
      const all = crowd.sendersServed(pairs * 2).then(() => allMs.push(performance.now() - killedAt));
      await crowd.sendersServed(1);
      firstMs.push(performance.now() - killedAt);
      await all;
    }
    await crowd.finish();
    const result = await audit(server.url, places, crowd);
    console.log(
      `${what} killed ${rounds} times under ${pairs * 2} senders: ${crowd.acknowledged.length} acknowledged, ` +
        `${result.lost} lost, ${result.doubled} doubled, ${result.gaps} gaps; ` +
        `first served again after ${spread(firstMs)}, all after ${spread(allMs)}`,
    );
    expect(crowd.acknowledged.length).toBeGreaterThanOrEqual(rounds * pairs * 2);
    expect(result).toEqual({ lost: 0, doubled: 0, gaps: 0, stored: result.stored });
    expect(result.stored).toBeGreaterThanOrEqual(crowd.acknowledged.length);
  } finally {
    await server.stop();
  }
}

function spread(durationsMs: readonly number[]): string {
  const sorted = durationsMs.map(Math.round).sort((a, b) => a - b);
  return `${sorted[sorted.length >> 1]} ms (median), ${sorted.at(-1)} ms (longest)`;
}

test.concurrent(
  "[L1] kill -9 of the server under load: nothing acknowledged is lost, nothing doubled",
  () =>
    killed(topology === "cluster" ? "Cluster" : "Server", async (server) => {
      await server.kill();
      await server.restart();
    }),
  300_000,
);

// A cluster's PostgreSQL is brought back by others: tests/topologies/postgres-failover.test.ts.
if (topology === "embedded")
  test.concurrent(
    "[L3] kill -9 of PostgreSQL under load: the server brings it back; nothing is lost or doubled",
    () => killed("PostgreSQL", async (server) => void process.kill(postgresPid(server), "SIGKILL")),
    300_000,
  );

function postgresPid(server: TestServer): number {
  return Number(readFileSync(join(server.dataDir, "postgres", "postmaster.pid"), "utf8").split("\n")[0]);
}
