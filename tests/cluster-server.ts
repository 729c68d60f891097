// A cluster for tests behind the interface of one server: two gateways, two messaging processes and one with the
// other roles, over a PostgreSQL, a NATS and a Redis that all clusters of the test process share, behind HAProxy.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type HaproxyPart, startHaproxy } from "./parts/haproxy.ts";
import { startNats } from "./parts/nats.ts";
import { freePorts } from "./parts/ports.ts";
import { startPostgres } from "./parts/postgres.ts";
import { startRedis } from "./parts/redis.ts";
import { until } from "./parts/until.ts";
import { removeTemporary, type ServeProcess, startProcess, temporaryFolder } from "./serve-process.ts";
import type { ServerOptions, TestServer } from "./server.ts";

interface RoleProcess {
  readonly name: string;
  readonly roles: readonly string[];
}

/** The second gateway answers HTTP too: what one API process has written, the other must read. */
const processes: readonly RoleProcess[] = [
  { name: "gateway-1", roles: ["gateway"] },
  { name: "gateway-2", roles: ["gateway", "api"] },
  { name: "service", roles: ["api", "presence", "worker"] },
  { name: "messaging-1", roles: ["messaging"] },
  { name: "messaging-2", roles: ["messaging"] },
];
const isInFront = ({ roles }: RoleProcess) => roles.includes("gateway") || roles.includes("api");

/** A balancer's patience with processes is the product's; only its looks are more frequent. */
const balancing = { checkEveryMs: 200, agentEveryMs: 100, slowStartMs: 1_000, clientSilentMs: 12_000 };
const frontWithinMs = 20_000;

interface Parts {
  newDatabase(): Promise<string>;
  readonly natsUrl: string;
  readonly redisUrl: string;
}

let shared: Promise<Parts> | null = null;
let clusters = 0;

/** Before the first cluster; whoever needs one sooner starts them as well. */
export function startSharedParts(): Promise<Parts> {
  shared ??= startParts();
  return shared;
}

async function startParts(): Promise<Parts> {
  const began = performance.now();
  // Five processes of each cluster connect, and a file may have two clusters.
  const [postgres, nats, redis] = await Promise.all([
    startPostgres({ max_connections: "400" }),
    startNats({ jetstream: true }),
    startRedis(),
  ]);
  const ms = Math.round(performance.now() - began);
  console.log(`Topology cluster: PostgreSQL, NATS and Redis serve after ${ms} ms`);
  return {
    newDatabase: async () => postgres.url(await postgres.newDatabase()),
    natsUrl: nats.urls[0]!,
    redisUrl: redis.url,
  };
}

export async function startCluster(options: ServerOptions): Promise<TestServer> {
  const parts = await startSharedParts();
  const dataDir = options.dataDir ?? temporaryFolder();
  const [frontPort, ...agentPorts] = freePorts(1 + processes.length);
  const env = {
    BANYAN_TOPOLOGY: "cluster",
    BANYAN_NAMESPACE: `test-${process.pid}-${++clusters}`,
    BANYAN_POSTGRES_URL: await parts.newDatabase(),
    BANYAN_NATS_URLS: parts.natsUrl,
    BANYAN_NATS_REPLICAS: "1",
    BANYAN_REDIS_URL: parts.redisUrl,
    BANYAN_TRUSTED_PROXIES: "127.0.0.1",
    BANYAN_DRAIN_MS: "500",
    BANYAN_PUBLIC_URL: `http://127.0.0.1:${frontPort}`,
    ...options.env,
  };
  const launch = (ports: readonly number[]): Promise<ServeProcess[]> => {
    const starts = processes.map(({ name, roles }, at) => {
      const folder = join(dataDir, name);
      mkdirSync(folder, { recursive: true });
      const own = {
        BANYAN_ROLES: roles.join(","),
        ...(isInFront({ name, roles }) ? { BANYAN_AGENT_PORT: String(agentPorts[at]!) } : {}),
      };
      return startProcess({
        dataDir: folder,
        port: ports[at] ?? 0,
        args: options.args ?? [],
        env: { ...env, ...own },
        readyWithinMs: options.readyWithinMs ?? 40_000,
        program: options.program,
      });
    });
    return allOrNone(starts);
  };

  let running = await launch([]);
  const ports = running.map(({ url }) => Number(new URL(url).port));
  const behind = (role: string) =>
    processes.flatMap(({ name, roles }, at) =>
      roles.includes(role) ? [{ name, host: "127.0.0.1", port: ports[at]!, agentPort: agentPorts[at]! }] : [],
    );
  const servers = { gateways: behind("gateway"), api: behind("api") };
  const listen = { host: "127.0.0.1", port: frontPort! };
  const front = await startHaproxy({ listen, ...servers, limits: balancing });
  await served(front, servers);

  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<number> => {
    const codes: number[] = [];
    // People first: their last messages need somebody who stores them.
    const waves = signal === "SIGKILL" ? [() => true] : [isInFront, (it: RoleProcess) => !isInFront(it)];
    for (const isOfWave of waves) {
      const wave = running.filter((_, at) => isOfWave(processes[at]!));
      codes.push(...(await Promise.all(wave.map((it) => it.end(signal)))));
    }
    return Math.max(...codes);
  };
  return {
    url: `http://127.0.0.1:${frontPort}`,
    port: frontPort!,
    dataDir,
    get pid() {
      return running[0]!.pid;
    },
    get pids() {
      return running.map(({ pid }) => pid);
    },
    get readyAfterMs() {
      return Math.max(...running.map(({ readyAfterMs }) => readyAfterMs));
    },
    output: () => running.flatMap(({ lines }) => lines.all).join("\n"),
    said: (text, withinMs = 10_000, from = 0) =>
      Promise.any(running.map(({ lines }) => lines.first((line) => line.includes(text), withinMs, from))),
    async stop() {
      const code = await end("SIGTERM");
      await front.stop();
      removeTemporary(dataDir);
      return code;
    },
    async kill() {
      await end("SIGKILL");
    },
    async halt() {
      await end("SIGTERM");
    },
    async restart() {
      await end("SIGTERM");
      running = await launch(ports);
      await served(front, servers);
    },
  };
}

/** Where one does not start, none is left running. */
async function allOrNone(starts: readonly Promise<ServeProcess>[]): Promise<ServeProcess[]> {
  const settled = await Promise.allSettled(starts);
  const started = settled.flatMap((it) => (it.status === "fulfilled" ? [it.value] : []));
  const failure = settled.find((it) => it.status === "rejected");
  if (!failure) return started;
  await Promise.all(started.map((it) => it.end("SIGKILL")));
  throw failure.reason;
}

/** The balancer has heard of each process that it serves. */
async function served(
  front: HaproxyPart,
  servers: Readonly<Record<"gateways" | "api", readonly { readonly name: string }[]>>,
): Promise<void> {
  for (const backend of ["gateways", "api"] as const)
    for (const { name } of servers[backend])
      await until(
        `${name} of ${backend} serves`,
        async () => (await front.server(backend, name)).status === "UP",
        frontWithinMs,
      );
}
