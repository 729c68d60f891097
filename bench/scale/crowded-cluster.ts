// A cluster for very many sessions on one machine: PostgreSQL 18 (kept between runs, so that a million people are made
// once), one NATS, Redis, one of each service, and as many gateways as the descriptors of a process call for.

import { mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RedisClient, SQL } from "bun";
import { placeIn } from "#adapters/postgres/embedded/place.ts";
import { startEmbedded } from "#adapters/postgres/embedded/start.ts";
import { lifted } from "#bench/targets/banyan.ts";
import { pinned, untilReady } from "#bench/targets/target.ts";
import { openClusterFolder } from "#ops/cluster/parts/folder.ts";
import { natsParts } from "#ops/cluster/parts/nats.ts";
import { type PartProcess, partProcess, thisHost } from "#ops/cluster/parts/part-process.ts";
import { freeBase } from "#ops/cluster/parts/ports.ts";
import { type Parts, startParts } from "#ops/cluster/start-parts.ts";
import { root } from "#ops/root.ts";
import { withDescriptors } from "./limits.ts";

/** An address of loopback of its own: PostgreSQL's port can stay what the embedded one expects. */
const postgresAddress = "127.0.0.77";
const startAtOnce = 4;

export interface Foundation {
  readonly sql: SQL;
  readonly postgresUrl: string;
  readonly pids: Readonly<Record<string, readonly number[]>>;
  readonly path: string;
  readonly natsUrl: string;
  readonly redisUrl: string;
  stop(): Promise<void>;
}

/** What is under the roles; `folder` is kept. */
export async function startFoundation(folder: string): Promise<Foundation> {
  mkdirSync(folder, { recursive: true });
  const postgres = await startOwnPostgres(folder);
  const path = join(folder, "parts");
  let parts: Parts | null = null;
  try {
    parts = await startParts({ redis: true }, { folder: path });
    const opened = openClusterFolder(path, freeBase);
    const nats = partProcess(roomyNats(opened), opened);
    nats.start();
    await nats.untilReady(30_000);
    const { passwords, ports } = opened;
    await giveRoom(parts.connections.redisUrl);
    return {
      sql: postgres.sql,
      postgresUrl: postgres.url,
      path,
      natsUrl: `nats://banyan:${passwords.nats}@${thisHost.address}:${ports.nats(0)}`,
      redisUrl: parts.connections.redisUrl,
      pids: { postgres: [postgres.pid], nats: [nats.pid()!], redis: [parts.redis!.pid()!] },
      stop: () => stopAll(nats, parts!, postgres),
    };
  } catch (error) {
    await parts?.stop();
    await postgres.stop();
    throw error;
  }
}

async function stopAll(nats: PartProcess, parts: Parts, postgres: { stop(): Promise<void> }): Promise<void> {
  await nats.stop();
  await parts.stop();
  await postgres.stop();
}

/** A million subscriptions of people take more than a small cluster's limit; with it, NATS would collect all the time. */
function roomyNats(folder: ReturnType<typeof openClusterFolder>) {
  const [definition] = natsParts(folder, [thisHost]);
  return { ...definition!, env: { GOMEMLIMIT: "3GiB", GOGC: "40" } };
}

/** Who is online takes some 400 bytes each; past its limit Redis would refuse to take more. */
async function giveRoom(url: string): Promise<void> {
  const redis = new RedisClient(url);
  await redis.send("CONFIG", ["SET", "maxmemory", "2gb"]);
  redis.close();
}

/** PostgreSQL as the embedded topology has it, on loopback TCP and for more connections. */
async function startOwnPostgres(folder: string) {
  const rules = join(folder, "pg_hba.conf");
  writeFileSync(rules, "local all all trust\nhost all all 127.0.0.0/8 trust\n", { mode: 0o644 });
  const postgres = await startEmbedded({
    dataDir: join(folder, "postgres"),
    settings: {
      listen_addresses: postgresAddress,
      max_connections: "400",
      shared_buffers: "512MB",
      hba_file: rules,
    },
  });
  const url = `postgres://${postgres.username}@${postgresAddress}:5432/${postgres.database}`;
  const path = `${placeIn(join(folder, "postgres")).socketFolder}/.s.PGSQL.5432`;
  const sql = new SQL({
    adapter: "postgres",
    path,
    username: postgres.username,
    database: postgres.database,
    max: 1,
  } as never);
  return {
    url,
    sql,
    pid: postgres.pid()!,
    async stop() {
      await sql.close();
      await postgres.stop();
    },
  };
}

export interface Roles {
  readonly ports: readonly number[];
  readonly pids: Readonly<Record<string, readonly number[]>>;
  /** All at once and without a word: nothing of them is needed any more. */
  kill(): Promise<void>;
}

export interface RolesShape {
  readonly gateways: number;
  /** Bun's mode that gives memory back sooner and takes more CPU for it. */
  readonly smol: boolean;
  readonly heartbeatMs: number;
}

export async function startRoles(foundation: Foundation, shape: RolesShape): Promise<Roles> {
  const base = freeBase();
  const names = [
    "messaging",
    "presence",
    "worker",
    "api",
    ...Array.from({ length: shape.gateways }, (_, at) => `gateway-${at + 1}`),
  ];
  const running: { name: string; port: number; child: Bun.Subprocess }[] = [];
  const kill = async () => {
    for (const { child } of running) child.kill("SIGKILL");
    await Promise.all(running.map(({ child }) => child.exited));
  };
  try {
    for (let from = 0; from < names.length; from += startAtOnce) {
      const portion = names.slice(from, from + startAtOnce).map((name, i) => {
        const one = spawnRole(foundation, name, base + from + i, shape);
        running.push(one);
        return one;
      });
      for (const { child, port, log } of portion)
        await untilReady(`http://127.0.0.1:${port}/health/ready`, child, log, 120_000);
    }
  } catch (error) {
    await kill();
    throw error;
  }
  const pids: Record<string, number[]> = {};
  for (const { name, child } of running) {
    const role = name.replace(/-\d+$/, "");
    pids[role] = [...(pids[role] ?? []), child.pid];
  }
  const gateways = running.filter(({ name }) => name.startsWith("gateway"));
  return { ports: gateways.map(({ port }) => port), pids, kill };
}

function spawnRole(foundation: Foundation, name: string, port: number, { smol, heartbeatMs }: RolesShape) {
  const cwd = join(foundation.path, "data", name);
  mkdirSync(cwd, { recursive: true });
  const log = join(foundation.path, "logs", `${name}.log`);
  const output = openSync(log, "a");
  const bun = [process.execPath, ...(smol ? ["--smol"] : [])];
  const child = Bun.spawn(withDescriptors(pinned(null, [...bun, join(root, "ops/main.ts"), "serve"])), {
    cwd,
    stdin: "ignore",
    stdout: output,
    stderr: output,
    env: {
      ...process.env,
      ...lifted,
      BANYAN_TOPOLOGY: "cluster",
      BANYAN_ROLES: name.replace(/-\d+$/, ""),
      BANYAN_DATA_DIR: cwd,
      BANYAN_HOST: "0.0.0.0",
      BANYAN_PORT: String(port),
      BANYAN_POSTGRES_URL: foundation.postgresUrl,
      // Sixty processes with a dozen connections each would be a wall of PostgreSQL's own.
      BANYAN_POSTGRES_CONNECTIONS: "1",
      BANYAN_NATS_URLS: foundation.natsUrl,
      BANYAN_NATS_REPLICAS: "1",
      BANYAN_REDIS_URL: foundation.redisUrl,
      // Each holder keeps to its gateway, and they fill one after the other.
      BANYAN_REBALANCE: "false",
      BANYAN_HEARTBEAT_SECONDS: String(Math.ceil(heartbeatMs / 1000)),
      BANYAN_LOG_FORMAT: "text",
    },
  });
  return { name, port, child, log };
}
