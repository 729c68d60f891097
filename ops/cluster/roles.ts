// Banyan's own processes of a cluster on one machine, and HAProxy in front of them. What they connect to goes over
// the environment, which no other user can read, not over the command line.

import { join } from "node:path";
import { binaryOf } from "#ops/cluster/binaries.ts";
import { haproxyConfig } from "#ops/cluster/haproxy-config.ts";
import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";
import { type PartDefinition, thisHost } from "#ops/cluster/parts/part-process.ts";
import type { Connections } from "#ops/cluster/start-parts.ts";
import { bun, root } from "#ops/root.ts";

export interface RoleProcess {
  readonly name: string;
  readonly roles: readonly string[];
}

/** Which processes there are. Small: everything but the gateways in one. */
export function roleProcesses(shape: { gateways: number; small: boolean }): RoleProcess[] {
  const gateways = numbered("gateway", shape.gateways, ["gateway"]);
  if (shape.small)
    return [{ name: "service-1", roles: ["api", "messaging", "presence", "worker"] }, ...gateways];
  return [
    ...numbered("messaging", 2, ["messaging"]),
    ...numbered("presence", 1, ["presence"]),
    ...numbered("worker", 1, ["worker"]),
    ...numbered("api", 2, ["api"]),
    ...gateways,
  ];
}

function numbered(kind: string, count: number, roles: readonly string[]): RoleProcess[] {
  return Array.from({ length: count }, (_, at) => ({ name: `${kind}-${at + 1}`, roles }));
}

export function roleParts(
  folder: ClusterFolder,
  processes: readonly RoleProcess[],
  connections: Connections,
): PartDefinition[] {
  const { ports } = folder;
  return processes.map(({ name, roles }, at) => {
    const cwd = folder.data(name);
    const url = `http://${thisHost.address}:${ports.role(at)}`;
    return {
      name,
      command: [bun, join(root, "ops/main.ts"), "serve"],
      env: withoutEmpty({
        BANYAN_TOPOLOGY: "cluster",
        BANYAN_ROLES: roles.join(","),
        BANYAN_DATA_DIR: cwd,
        BANYAN_HOST: thisHost.address,
        BANYAN_PORT: String(ports.role(at)),
        BANYAN_AGENT_PORT: String(ports.roleAgent(at)),
        BANYAN_PUBLIC_URL: `http://${thisHost.address}:${ports.front}`,
        BANYAN_TRUSTED_PROXIES: thisHost.address,
        BANYAN_POSTGRES_URL: connections.postgresUrl,
        BANYAN_POSTGRES_REPLICA_URLS: connections.postgresReplicaUrls.join(","),
        BANYAN_NATS_URLS: connections.natsUrls.join(","),
        BANYAN_NATS_REPLICAS: connections.natsUrls.length < 3 ? "1" : "3",
        BANYAN_REDIS_URL: connections.redisUrl,
        BANYAN_LOG_FORMAT: "text",
      }),
      host: thisHost,
      port: ports.role(at),
      cwd,
      stopWithinMs: 30_000,
      isReady: async () => (await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(3_000) })).ok,
    };
  });
}

/** A list with nothing in it is not given at all. */
function withoutEmpty(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
}

export function frontPart(
  folder: ClusterFolder,
  processes: readonly RoleProcess[],
  listenOn = thisHost.address,
): PartDefinition {
  const { ports } = folder;
  const name = "front";
  const cwd = folder.data(name);
  const having = (role: string) =>
    processes.flatMap((it, at) =>
      it.roles.includes(role)
        ? [{ name: it.name, host: thisHost.address, port: ports.role(at), agentPort: ports.roleAgent(at) }]
        : [],
    );
  const text = haproxyConfig({
    listen: { host: listenOn, port: ports.front },
    gateways: having("gateway"),
    api: having("api"),
    statsSocket: join(cwd, "stats.sock"),
    metrics: { host: thisHost.address, port: ports.frontStats },
  });
  return {
    name,
    command: [binaryOf("haproxy"), "-db", "-f", folder.configuration(`${name}.cfg`, text)],
    host: thisHost,
    port: ports.front,
    cwd,
    stopSignal: "SIGTERM",
    // Through it, so that it is known to reach a process that is ready.
    isReady: async () => {
      const page = `http://${thisHost.address}:${ports.front}/health/ready`;
      return (await fetch(page, { signal: AbortSignal.timeout(3_000) })).ok;
    },
  };
}
