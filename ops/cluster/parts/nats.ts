// NATS with JetStream: one server, or three that hold each stream three times.

import { join } from "node:path";
import { binaryOf } from "#ops/cluster/binaries.ts";
import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";
import type { Host, PartDefinition } from "#ops/cluster/parts/part-process.ts";

export function natsParts(folder: ClusterFolder, hosts: readonly Host[]): PartDefinition[] {
  return hosts.map((host, at) => {
    const name = `nats-${at + 1}`;
    const data = folder.data(name);
    const file = folder.configuration(`${name}.conf`, configuration(folder, hosts, at, data));
    const monitor = `http://${host.address}:${folder.ports.natsMonitor(at)}/healthz`;
    return {
      name,
      command: [binaryOf("nats-server"), "--config", file],
      host,
      port: folder.ports.nats(at),
      cwd: data,
      // Without these the runtime takes all cores for its garbage, next to everything else on this machine.
      env: { GOMEMLIMIT: "256MiB" },
      isReady: async () => (await fetch(monitor, { signal: AbortSignal.timeout(3_000) })).ok,
    };
  });
}

function configuration(folder: ClusterFolder, hosts: readonly Host[], at: number, data: string): string {
  const { ports, passwords } = folder;
  const { address } = hosts[at]!;
  const routes = hosts.map(
    (host, other) => `nats-route://routes:${passwords.natsRoutes}@${host.address}:${ports.natsRoute(other)}`,
  );
  const cluster = `
cluster {
  name: banyan
  listen: "${address}:${ports.natsRoute(at)}"
  authorization { user: routes, password: "${passwords.natsRoutes}" }
  routes: [${routes.map((route) => `"${route}"`).join(", ")}]
}`;
  return `# Made by Banyan; written anew at each start.
server_name: nats-${at + 1}
listen: "${address}:${ports.nats(at)}"
http: "${address}:${ports.natsMonitor(at)}"
authorization { user: banyan, password: "${passwords.nats}" }
# A process that was cut off is found out within 15 s, a stuck one after 5 s of not reading.
ping_interval: "5s"
ping_max: 2
write_deadline: "5s"
# A change that does not fit is told as a head only, so that readers ask anew.
max_payload: 8MB
jetstream {
  store_dir: "${join(data, "jetstream")}"
  max_memory_store: 64MB
  max_file_store: 8GB
  # What is acknowledged may be ten seconds from the disk; the outbox in PostgreSQL is the record, not this.
  sync_interval: "10s"
}
${hosts.length > 1 ? cluster : ""}
`;
}
