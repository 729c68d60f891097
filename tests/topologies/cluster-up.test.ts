// The cluster on one machine: ./banyan cluster brings it up with all its roles, people chat across its gateways, what
// was killed comes back; PostgreSQL fails over with nothing lost; nothing outlives the one who started it.

import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SQL } from "bun";
import { isAlive } from "#adapters/postgres/embedded/processes.ts";
import { processesIn } from "#ops/cluster/parts/guard.ts";
import { freeBase, portPlan, takenPorts } from "#ops/cluster/parts/ports.ts";
import { startParts } from "#ops/cluster/start-parts.ts";
import { bun, root } from "#ops/root.ts";
import { until } from "#tests/parts/until.ts";
import { runBanyan, temporaryFolder } from "#tests/serve-process.ts";
import { chatAcross } from "./chat-across.ts";

const bringUpMs = 120_000;

/** The test runner lets no process outlive the one who started it; here that is what is to be seen. */
const mayOutlive = { BUN_FEATURE_FLAG_NO_ORPHANS: "0" };

test(
  "up makes everything ready, people chat across gateways, what was killed comes back, down leaves nothing",
  async () => {
    const dir = join(temporaryFolder(), "cluster");
    const base = freeBase();
    const first = await cluster("up", dir, "--small", "--gateways", "2", "--port", String(base));
    expect([first.code, first.err]).toEqual([0, ""]);
    try {
      const made = await pids(dir);
      expect([...made.keys()]).toEqual([
        "etcd-1",
        "nats-1",
        "patroni-1",
        "postgres-1",
        "redis",
        "s3",
        "postgres-balancer",
        "service-1",
        "gateway-1",
        "gateway-2",
        "front",
      ]);
      const { out: table } = await cluster("status", dir);
      expect(table).toMatch(/^service-1 .* ready +api,messaging,presence,worker /m);
      expect(table).toMatch(/^gateway-1 .* ready +gateway /m);
      const { front, role } = portPlan(base);
      const at = (port: number) => `http://127.0.0.1:${port}`;
      await chatAcross(at(front), [at(role(1)), at(role(2))]);
      for (const name of ["service-1", "gateway-1", "gateway-2"])
        expect(readFileSync(join(dir, "logs", `${name}.log`), "utf8")).not.toContain(" ERROR ");

      const again = await cluster("up", dir);
      expect([again.code, again.out]).toEqual([0, expect.stringContaining("It is up already")]);
      expect(await pids(dir)).toEqual(made);

      process.kill(made.get("redis")!, "SIGKILL");
      process.kill(made.get("patroni-1")!, "SIGKILL");
      process.kill(made.get("gateway-2")!, "SIGKILL");
      expect((await cluster("status", dir)).code).toBe(3);
      expect((await cluster("up", dir)).code).toBe(0);
      const mended = await pids(dir);
      const same = [...made.keys()].filter((name) => mended.get(name) === made.get(name));
      const alive = ["etcd-1", "nats-1", "postgres-1", "s3", "postgres-balancer"];
      expect(same).toEqual([...alive, "service-1", "gateway-1", "front"]);

      const other = await cluster("up", dir, "--gateways", "3");
      expect([other.code, other.err]).toEqual([1, expect.stringContaining("a cluster keeps its form")]);
    } finally {
      const ended = await cluster("down", dir);
      expect([ended.code, ended.err]).toEqual([0, ""]);
    }
    expect(processesIn(dir)).toEqual([]);
    expect(takenPorts(base)).toEqual([]);
    expect(existsSync(join(dir, "data"))).toBe(true);
    expect((await cluster("down", dir, "--purge")).code).toBe(0);
    expect(existsSync(dir)).toBe(false);
  },
  2 * bringUpMs,
);

test(
  "[L1] the primary PostgreSQL is killed: within 10 s writes go on, and no acknowledged one is lost",
  async () => {
    const parts = await startParts({ postgres: 2, haproxy: true });
    try {
      const audit = await startWriting(parts.connections.postgresUrl);
      await audit.acknowledged(50);
      const before = await parts.primary();
      const killed = performance.now();
      await parts.postgres[before]!.kill9();
      const soFar = audit.count();
      await audit.acknowledged(soFar + 50);
      expect(performance.now() - killed).toBeLessThan(10_000);
      const acknowledged = await audit.stop();
      expect(await parts.primary()).not.toBe(before);
      await using sql = new SQL(parts.connections.postgresUrl, { max: 1 });
      const stored = new Set((await sql`SELECT id FROM audit`.values()).flat().map(Number));
      expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    } finally {
      await parts.stop();
    }
  },
  bringUpMs,
);

test(
  "a starter that is killed takes all parts and their folder with it, paused ones too",
  async () => {
    const starter = Bun.spawn([bun, join(root, "tests/topologies/parts-starter.ts")], {
      stdout: "pipe",
      stderr: "inherit",
      stdin: "ignore",
      env: { ...process.env, ...mayOutlive },
    });
    const reader = starter.stdout.getReader();
    const { value } = await reader.read();
    const { folder, pids } = JSON.parse(new TextDecoder().decode(value)) as {
      folder: string;
      pids: number[];
    };
    expect(pids.length).toBe(2);
    expect(pids.every(isAlive)).toBe(true);
    process.kill(pids[0]!, "SIGSTOP");
    starter.kill("SIGKILL");
    await until("all parts have ended", () => !pids.some(isAlive) && !existsSync(folder), 30_000);
  },
  bringUpMs,
);

async function cluster(verb: string, dir: string, ...rest: string[]) {
  return runBanyan(["cluster", verb, "--dir", dir, ...rest], mayOutlive);
}

/** The process of each part, as `status` tells it. */
async function pids(dir: string): Promise<Map<string, number>> {
  const { code, out } = await cluster("status", dir);
  expect([code, out]).toEqual([0, expect.any(String)]);
  const [table = ""] = out.trim().split("\n\n");
  const lines = table.split("\n").slice(1);
  return new Map(lines.map((line) => line.trim().split(/\s+/)).map(([name, pid]) => [name!, Number(pid)]));
}

/** Writes one number after another, each on a connection that is made anew when it broke. */
async function startWriting(url: string) {
  const acknowledged: number[] = [];
  let stopped = false;
  await using first = new SQL(url, { max: 1 });
  await first`CREATE TABLE audit (id bigint PRIMARY KEY)`;
  let next = 0;
  const write = async () => {
    while (!stopped) {
      const sql = new SQL(url, { max: 1, connectionTimeout: 1 });
      try {
        while (!stopped) {
          const id = next++;
          await sql`INSERT INTO audit VALUES (${id})`;
          acknowledged.push(id);
        }
      } catch {
        // Whether it was stored is not known; only what was acknowledged counts.
      } finally {
        await sql.close({ timeout: 0 }).catch(() => {});
      }
    }
  };
  const writing = write();
  return {
    count: () => acknowledged.length,
    acknowledged: (count: number) => until(`${count} writes`, () => acknowledged.length >= count, 30_000),
    stop: async () => {
      stopped = true;
      await writing;
      return acknowledged;
    },
  };
}
