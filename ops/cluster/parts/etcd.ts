// etcd: remembers who leads PostgreSQL. Three members outlive the loss of one.

import { join } from "node:path";
import { binaryOf } from "#ops/cluster/binaries.ts";
import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";
import type { Host, PartDefinition } from "#ops/cluster/parts/part-process.ts";

export function etcdParts(folder: ClusterFolder, hosts: readonly Host[]): PartDefinition[] {
  const peers = hosts.map((host, at) => `etcd-${at + 1}=http://${host.address}:${folder.ports.etcdPeer(at)}`);
  return hosts.map((host, at) => {
    const name = `etcd-${at + 1}`;
    const client = `http://${host.address}:${folder.ports.etcdClient(at)}`;
    const peer = `http://${host.address}:${folder.ports.etcdPeer(at)}`;
    const data = folder.data(name);
    const settings = {
      name,
      "data-dir": join(data, "member"),
      "listen-client-urls": client,
      "advertise-client-urls": client,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": peers.join(","),
      "initial-cluster-state": "new",
      "initial-cluster-token": "banyan",
      // A lost leader is replaced within a second; fit for hosts of one region, some milliseconds apart.
      "heartbeat-interval": "100",
      "election-timeout": "500",
      // Patroni writes its members' state each second; what is old is of no use.
      "auto-compaction-mode": "periodic",
      "auto-compaction-retention": "10m",
      "snapshot-count": "10000",
      logger: "zap",
      "log-level": "warn",
    };
    return {
      name,
      command: [binaryOf("etcd"), ...Object.entries(settings).map(([key, value]) => `--${key}=${value}`)],
      host,
      port: folder.ports.etcdClient(at),
      cwd: data,
      isReady: () => isHealthy(client),
    };
  });
}

/** Healthy means that it knows a leader. */
async function isHealthy(client: string): Promise<boolean> {
  const answer = await fetch(`${client}/health`, { signal: AbortSignal.timeout(3_000) });
  return ((await answer.json()) as { health: string }).health === "true";
}
