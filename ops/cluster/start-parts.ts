// The real parts under a cluster, as many of them as asked for, on this machine: for tests, for benches and for
// ./banyan cluster. Promises that what it gives is ready, and that nothing is left of it, not even when we are killed.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StartProblem } from "#app/start-problem.ts";
import { ensureDatabase } from "#ops/cluster/parts/database.ts";
import { etcdParts } from "#ops/cluster/parts/etcd.ts";
import { type ClusterFolder, openClusterFolder } from "#ops/cluster/parts/folder.ts";
import { guardFolder } from "#ops/cluster/parts/guard.ts";
import { natsParts } from "#ops/cluster/parts/nats.ts";
import {
  type Host,
  type PartDefinition,
  type PartProcess,
  partProcess,
  thisHost,
} from "#ops/cluster/parts/part-process.ts";
import { freeBase } from "#ops/cluster/parts/ports.ts";
import {
  isPrimary,
  isSynchronous,
  type PostgresNode,
  patroniParts,
  postgresNode,
} from "#ops/cluster/parts/postgres.ts";
import { redisPart } from "#ops/cluster/parts/redis.ts";
import { s3AccessKey, s3Part } from "#ops/cluster/parts/s3.ts";
import { postgresBalancerPart } from "#ops/cluster/postgres-balancer.ts";

export interface PartsSpec {
  /** PostgreSQL under Patroni needs etcd; with one asked for and no etcd, there is one etcd. */
  readonly postgres?: 1 | 2 | 3;
  readonly etcd?: 1 | 3;
  readonly nats?: 1 | 3;
  readonly redis?: boolean;
  readonly s3?: boolean;
  /** HAProxy in front of PostgreSQL. */
  readonly haproxy?: boolean;
  /** Hosts that can be cut off: the first etcd, Patroni and NATS run on the first, and so on. Default: this one. */
  readonly hosts?: readonly Host[];
}

export const wholeCluster = { etcd: 3, postgres: 3, nats: 3, redis: true, s3: true, haproxy: true } as const;
export const smallCluster = { etcd: 1, postgres: 1, nats: 1, redis: true, s3: true, haproxy: true } as const;

export interface Connections {
  /** To the primary: through HAProxy where there is one, else straight to the first PostgreSQL. */
  readonly postgresUrl: string;
  readonly postgresReplicaUrls: readonly string[];
  readonly natsUrls: readonly string[];
  readonly redisUrl: string;
  readonly s3: { readonly endpoint: string; readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Straight to the PostgreSQL with this index, past HAProxy. */
  postgresUrlOf(index: number): string;
}

export interface Parts {
  readonly folder: string;
  readonly connections: Connections;
  readonly etcd: readonly PartProcess[];
  readonly patroni: readonly PartProcess[];
  readonly postgres: readonly PostgresNode[];
  readonly nats: readonly PartProcess[];
  readonly redis: PartProcess | null;
  readonly s3: PartProcess | null;
  readonly haproxy: PartProcess | null;
  /** In the order of starting. */
  readonly all: readonly PartProcess[];
  /** The index of the PostgreSQL that is primary now; waits until there is one. */
  primary(withinMs?: number): Promise<number>;
  /** Ends everything; a folder that was made for this goes too. */
  stop(): Promise<void>;
}

/** `folder`: where everything lies and stays; without one it is a temporary folder that goes with the parts. */
export async function startParts(
  spec: PartsSpec,
  given?: { folder?: string; base?: number },
): Promise<Parts> {
  const path = given?.folder ?? mkdtempSync(join(tmpdir(), "banyan-parts-"));
  const folder = openClusterFolder(path, () => given?.base ?? freeBase());
  const guard = guardFolder(folder.path, given?.folder === undefined);
  const parts = describeParts(folder, spec);
  const stop = async () => {
    // What is thrown away needs no clean end.
    if (given?.folder !== undefined) await stopParts(parts);
    await guard.release();
  };
  try {
    await startAll(parts);
    return { ...parts, stop };
  } catch (error) {
    await guard.release();
    throw error;
  }
}

export type DescribedParts = Omit<Parts, "stop"> & { readonly clusterFolder: ClusterFolder };

/** What there would be, without starting it. */
export function describeParts(folder: ClusterFolder, spec: PartsSpec): DescribedParts {
  const hostsOf = (count: number) => Array.from({ length: count }, (_, at) => spec.hosts?.[at] ?? thisHost);
  const processes = (definitions: PartDefinition[]) => definitions.map((it) => partProcess(it, folder));
  const postgresHosts = hostsOf(spec.postgres ?? 0);
  const etcdHosts = hostsOf(spec.etcd ?? (spec.postgres ? 1 : 0));
  const natsHosts = hostsOf(spec.nats ?? 0);
  const etcd = processes(etcdParts(folder, etcdHosts));
  const patroni = processes(patroniParts(folder, postgresHosts, etcdHosts));
  const nats = processes(natsParts(folder, natsHosts));
  const one = (wanted: boolean | undefined, definition: () => PartDefinition) =>
    wanted ? partProcess(definition(), folder) : null;
  const redis = one(spec.redis, () => redisPart(folder, thisHost));
  const s3 = one(spec.s3, () => s3Part(folder, thisHost));
  const haproxy = one(spec.haproxy, () => postgresBalancerPart(folder, postgresHosts));
  const singles = [redis, s3, haproxy].filter((it) => it !== null);
  return {
    folder: folder.path,
    clusterFolder: folder,
    connections: connectionsOf(folder, spec, postgresHosts, natsHosts),
    etcd,
    patroni,
    postgres: postgresHosts.map((_, at) => postgresNode(folder, at)),
    nats,
    redis,
    s3,
    haproxy,
    all: [...etcd, ...nats, ...patroni, ...singles],
    primary: (withinMs = 60_000) => primaryOf(patroni, withinMs),
  };
}

/** A new PostgreSQL and its copies on a busy machine take the longest. */
const readyWithinMs = 120_000;

/** Starts what does not run and waits until all of it is ready. */
export async function startAll(
  parts: DescribedParts,
  tell: (part: PartProcess) => void = () => {},
): Promise<void> {
  const ready = async (part: PartProcess) => {
    part.start();
    await part.untilReady(readyWithinMs);
    tell(part);
  };
  const others = parts.all.filter((it) => !parts.etcd.includes(it) && !parts.patroni.includes(it));
  const postgres = async () => {
    await Promise.all(parts.etcd.map(ready));
    await Promise.all(parts.patroni.map(ready));
    if (parts.patroni.length === 0) return;
    const primary = parts.patroni[await parts.primary()]!;
    const port = parts.postgres[parts.patroni.indexOf(primary)]!.port;
    await ensureDatabase(parts.clusterFolder, primary.definition.host, port);
  };
  await Promise.all([postgres(), ...others.map(ready)]);
  await untilSynchronous(parts.patroni);
  // HAProxy finds out a little later than we do that a Patroni is back.
  await Promise.all(parts.all.map((part) => part.untilReady(readyWithinMs)));
}

/** In an order in which nothing misses what it needs for a clean end. */
export async function stopParts(parts: DescribedParts): Promise<void> {
  const together = (some: readonly (PartProcess | null)[]) => Promise.all(some.map((part) => part?.stop()));
  await together([parts.haproxy, parts.redis, parts.s3, ...parts.nats]);
  for (const node of parts.postgres) node.resume();
  await together(parts.patroni);
  // One whose Patroni was killed before is still there.
  await Promise.all(parts.postgres.map((node) => node.stop()));
  await together(parts.etcd);
}

/** Until then a write would be acknowledged by the primary alone. */
async function untilSynchronous(patroni: readonly PartProcess[]): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (patroni.length > 1) {
    const answers = await Promise.all(patroni.map((it) => isSynchronous(it.definition.host, it.port)));
    if (answers.includes(true)) return;
    if (performance.now() > deadline) {
      throw new StartProblem(
        "No replica of PostgreSQL became the synchronous one within 60 s.",
        `Patroni's logs say why: ${patroni[0]!.logFile} and those beside it.`,
      );
    }
    await Bun.sleep(50);
  }
}

async function primaryOf(patroni: readonly PartProcess[], withinMs: number): Promise<number> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answers = await Promise.all(patroni.map((part) => isPrimary(part.definition.host, part.port)));
    if (answers.includes(true)) return answers.indexOf(true);
    if (performance.now() > deadline) throw new Error(`no PostgreSQL is primary after ${withinMs / 1000} s`);
    await Bun.sleep(50);
  }
}

function connectionsOf(
  { ports, passwords }: ClusterFolder,
  spec: PartsSpec,
  postgres: readonly Host[],
  nats: readonly Host[],
): Connections {
  const postgresUrl = (address: string, port: number) =>
    `postgresql://banyan:${passwords.postgresBanyan}@${address}:${port}/banyan`;
  const postgresUrlOf = (at: number) => postgresUrl(postgres[at]!.address, ports.postgres(at));
  const here = thisHost.address;
  return {
    postgresUrl: spec.haproxy
      ? postgresUrl(here, ports.postgresPrimary)
      : postgres[0]
        ? postgresUrlOf(0)
        : "",
    postgresReplicaUrls:
      spec.haproxy && postgres.length > 1 ? [postgresUrl(here, ports.postgresReplicas)] : [],
    natsUrls: nats.map((host, at) => `nats://banyan:${passwords.nats}@${host.address}:${ports.nats(at)}`),
    redisUrl: `redis://:${passwords.redis}@${here}:${ports.redis}`,
    s3: { endpoint: `http://${here}:${ports.s3}`, accessKeyId: s3AccessKey, secretAccessKey: passwords.s3 },
    postgresUrlOf,
  };
}
