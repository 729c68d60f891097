// Banyan as a cluster on this machine: its real parts, and each role in a process of its own. The same world and the
// same clients as for the embedded one; what differs is what a message goes through.

import { mkdirSync } from "node:fs";
import { openWebAssets } from "#app/web-assets.ts";
import { messagesIn } from "#bench/seeding/database.ts";
import { type ClusterFolder, openClusterFolder } from "#ops/cluster/parts/folder.ts";
import { type PartDefinition, type PartProcess, partProcess } from "#ops/cluster/parts/part-process.ts";
import { frontPart, type RoleProcess, roleParts } from "#ops/cluster/roles.ts";
import { type Parts, type PartsSpec, startParts } from "#ops/cluster/start-parts.ts";
import { root } from "#ops/root.ts";
import { banyanTarget, lifted } from "./banyan.ts";
import { type ClusterShape, onCores, type RunningTarget, type Target } from "./target.ts";

/** All addresses of loopback: the load comes from several, each with ports of its own. */
const everyAddress = "0.0.0.0";
const readyWithinMs = 60_000;

export const banyanClusterTarget: Target = {
  ...banyanTarget,
  name: "banyan-cluster",
  title: "Banyan, cluster",
  start: ({ cores, folder, cluster }) => onCores(cores, () => start(folder, cluster)),
};

/** What seeding needs: the parts alone, in the same folder in which the cluster finds them again. */
export function startClusterParts(folder: string, shape: ClusterShape): Promise<Parts> {
  mkdirSync(folder, { recursive: true });
  return startParts(specOf(shape), { folder });
}

function specOf({ nats, postgres }: ClusterShape): PartsSpec {
  return { etcd: 1, postgres, nats, redis: true, haproxy: true };
}

async function start(folder: string, shape: ClusterShape): Promise<RunningTarget> {
  const [parts] = await Promise.all([startClusterParts(folder, shape), openWebAssets({ root }).warm()]);
  const opened = openClusterFolder(folder, () => 0);
  const processes = processesOf(shape);
  const roles = definitionsOf(opened, processes, parts, shape).map((it) => partProcess(it, opened));
  const front = shape.front ? partProcess(frontPart(opened, processes, everyAddress), opened) : null;
  const own = front ? [...roles, front] : roles;
  const stop = async (end: (part: PartProcess) => Promise<void>) => {
    await Promise.all(own.map(end));
    await parts.stop();
  };
  try {
    // One prepares the database, the others find it prepared.
    for (const group of [own.slice(0, 1), own.slice(1, roles.length), own.slice(roles.length)])
      await Promise.all(group.map(ready));
  } catch (error) {
    await stop((part) => part.kill9());
    throw error;
  }
  const gateways = roles.filter((it) => it.name.startsWith("gateway"));
  const doors = front ? [front.port] : shape.reusePort ? [sharedPort(opened)] : gateways.map((it) => it.port);
  const tree = treeOf(parts, roles, front);
  const databaseUrl = parts.connections.postgresUrlOf(await parts.primary());
  return {
    port: doors[0]!,
    ports: doors,
    pids: Object.values(tree).flat(),
    parts: tree,
    databaseUrl,
    archived: () => messagesIn({ url: databaseUrl }),
    stop: () => stop((part) => part.stop()),
    kill: () => stop((part) => part.kill9()),
  };
}

async function ready(part: PartProcess): Promise<void> {
  part.start();
  await part.untilReady(readyWithinMs);
}

function processesOf({ gateways, messaging }: ClusterShape): RoleProcess[] {
  const many = (role: string, count: number) =>
    Array.from({ length: count }, (_, at) => ({ name: `${role}-${at + 1}`, roles: [role] }));
  return [
    ...many("messaging", messaging),
    ...many("presence", 1),
    ...many("worker", 1),
    ...many("api", 1),
    ...many("gateway", gateways),
  ];
}

function definitionsOf(
  folder: ClusterFolder,
  processes: readonly RoleProcess[],
  parts: Parts,
  shape: ClusterShape,
): PartDefinition[] {
  return roleParts(folder, processes, parts.connections).map((definition) => {
    const common = {
      BANYAN_HOST: everyAddress,
      BANYAN_NATS_REPLICAS: String(shape.nats),
      ...lifted,
      ...shape.env,
    };
    const [bun, ...rest] = definition.command;
    const one = {
      ...definition,
      command: [bun!, ...(process.env.BENCH_PROFILE ? profiling(definition.cwd) : []), ...rest],
      env: { ...definition.env, ...common },
    };
    if (!shape.reusePort || !one.name.startsWith("gateway")) return one;
    const port = sharedPort(folder);
    return {
      ...one,
      port,
      env: { ...one.env, BANYAN_REUSE_PORT: "true", BANYAN_PORT: String(port) },
      // Only the kernel knows which of them answers; the first to be asked stands for all.
      isReady: async () =>
        (await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(3_000) })).ok,
    };
  });
}

/** Written when it stops, into its own folder: the parts' user may write nowhere else. */
function profiling(folder: string): string[] {
  return ["--cpu-prof", "--cpu-prof-md", "--cpu-prof-dir", folder];
}

/** Where all gateways listen that share a port: one that no part of the folder's hundred has. */
function sharedPort({ ports }: ClusterFolder): number {
  return ports.base + 99;
}

function treeOf(
  parts: Parts,
  roles: readonly PartProcess[],
  front: PartProcess | null,
): Record<string, readonly number[]> {
  const tree: Record<string, number[]> = {};
  const add = (name: string, ...pids: (number | null | undefined)[]) => {
    tree[name] = [...(tree[name] ?? []), ...pids.filter((pid) => typeof pid === "number")];
  };
  for (const role of roles) add(role.name.replace(/-\d+$/, ""), role.pid());
  add("nats", ...parts.nats.map((it) => it.pid()));
  add("postgres", ...parts.postgres.map((it) => it.postmasterPid()));
  add("redis", parts.redis?.pid());
  add("haproxy", parts.haproxy?.pid(), front?.pid());
  add("etcdPatroni", ...parts.etcd.map((it) => it.pid()), ...parts.patroni.map((it) => it.pid()));
  return tree;
}
