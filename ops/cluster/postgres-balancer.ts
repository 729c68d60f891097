// HAProxy in front of PostgreSQL: one port for whoever is primary, one for the replicas. A process of its own, so
// that people's HAProxy and this one do not fall together; on many machines one stands beside each Banyan.

import { binaryOf } from "#ops/cluster/binaries.ts";
import { postgresSections } from "#ops/cluster/haproxy-postgres.ts";
import { haproxyLimits } from "#ops/cluster/haproxy-spec.ts";
import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";
import { type Host, type PartDefinition, thisHost } from "#ops/cluster/parts/part-process.ts";

/** Patroni is asked this often whom it leads; two failed answers in a row, and the connections are cut. */
const checkEveryMs = 500;

export function postgresBalancerPart(folder: ClusterFolder, nodes: readonly Host[]): PartDefinition {
  const name = "postgres-balancer";
  return {
    name,
    command: [
      binaryOf("haproxy"),
      "-db",
      "-f",
      folder.configuration(`${name}.cfg`, configuration(folder, nodes)),
    ],
    host: thisHost,
    port: folder.ports.postgresPrimary,
    cwd: folder.data(name),
    stopSignal: "SIGTERM",
    isReady: () => answersAsPostgres(thisHost.address, folder.ports.postgresPrimary),
  };
}

function configuration({ ports }: ClusterFolder, hosts: readonly Host[]): string {
  const nodes = hosts.map((host, at) => ({
    name: `postgres-${at + 1}`,
    host: host.address,
    port: ports.postgres(at),
    restPort: ports.patroni(at),
  }));
  const sections = postgresSections(
    {
      primary: { host: thisHost.address, port: ports.postgresPrimary },
      replicas: { host: thisHost.address, port: ports.postgresReplicas },
      nodes,
    },
    { ...haproxyLimits, checkEveryMs },
  );
  const general = [
    ["global", "log stdout format raw local0 info", "maxconn 4000", "hard-stop-after 10s"],
    [
      "defaults",
      "log global",
      // A session that lasts says so when it begins, not when it ends.
      "option logasap",
      "timeout connect 2s",
      "timeout client 24h",
      "timeout server 24h",
      // A busy machine answers late, and a check that fails too soon cuts every writer off.
      "timeout check 2s",
    ],
  ];
  const written = [...general, ...sections].map(
    ([title, ...lines]) => `${[title, ...lines].join("\n    ")}\n`,
  );
  return `# Made by Banyan; written anew at each start.\n${written.join("\n")}`;
}

/** Asks for TLS, which any PostgreSQL answers with one letter; HAProxy alone, with no primary behind it, says nothing. */
async function answersAsPostgres(hostname: string, port: number): Promise<boolean> {
  const answer = Promise.withResolvers<boolean>();
  const socket = await Bun.connect({
    hostname,
    port,
    socket: {
      data: (_, bytes) => answer.resolve(bytes.length === 1),
      close: () => answer.resolve(false),
    },
  });
  socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
  const late = setTimeout(() => answer.resolve(false), 3_000);
  return answer.promise.finally(() => {
    clearTimeout(late);
    socket.end();
  });
}
