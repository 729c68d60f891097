// PostgreSQL under Patroni, which starts it, watches it and decides with etcd who is primary.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makePrivateFolder } from "#adapters/postgres/embedded/cluster-files.ts";
import { isAlive, processesOf } from "#adapters/postgres/embedded/processes.ts";
import { socketFolderFor } from "#adapters/postgres/embedded/socket-folder.ts";
import { binaryOf, patroniFolder } from "#ops/cluster/binaries.ts";
import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";
import { gone, type Host, type PartDefinition, signalTo } from "#ops/cluster/parts/part-process.ts";
import { patroniConfiguration } from "#ops/cluster/parts/patroni-config.ts";
import { root } from "#ops/root.ts";

export interface PostgresNode {
  readonly name: string;
  readonly port: number;
  readonly dataFolder: string;
  /** Null: it does not run. */
  postmasterPid(): number | null;
  /** Kills the postmaster alone, as a crash of PostgreSQL; its children end by themselves. */
  kill9(): Promise<void>;
  /** Kills the postmaster and every process of this server at once, as when the host is lost. */
  killAll9(): Promise<void>;
  /** Stops the postmaster and every process of this server where they are. */
  pause(): void;
  resume(): void;
  /** Ends it cleanly, without asking Patroni; for one that has lost its Patroni. */
  stop(): Promise<void>;
}

export function patroniParts(
  folder: ClusterFolder,
  hosts: readonly Host[],
  etcd: readonly Host[],
): PartDefinition[] {
  binaryOf("postgres");
  return hosts.map((host, at) => {
    const name = `patroni-${at + 1}`;
    const cwd = folder.data(name);
    const socketFolder = socketFolderFor(cwd);
    makePrivateFolder(socketFolder, folder.runAs);
    const file = folder.configuration(
      `${name}.yml`,
      patroniConfiguration({
        folder,
        name: `postgres-${at + 1}`,
        at,
        hosts,
        etcd,
        dataFolder: join(cwd, "data"),
        socketFolder,
      }),
    );
    binaryOf("patroni");
    return {
      name,
      command: [join(patroniFolder, "bin", "python"), join(root, "ops/cluster/patroni-quick.py"), file],
      host,
      port: folder.ports.patroni(at),
      cwd,
      // It stops its PostgreSQL first.
      stopWithinMs: 30_000,
      isReady: async () => (await askPatroni(host, folder.ports.patroni(at), "/health")).ok,
    };
  });
}

export function postgresNode(folder: ClusterFolder, at: number): PostgresNode {
  const dataFolder = join(folder.data(`patroni-${at + 1}`), "data");
  const postmasterPid = () => postmasterOf(dataFolder);
  const all = () => processesOf(dataFolder, `postgres-${at + 1}`);
  const tellAll = (signal: NodeJS.Signals) => {
    for (const pid of all()) signalTo(pid, signal);
  };
  return {
    name: `postgres-${at + 1}`,
    port: folder.ports.postgres(at),
    dataFolder,
    postmasterPid,
    kill9: async () => {
      const pid = postmasterPid();
      signalTo(pid, "SIGKILL");
      await gone(pid, 5_000);
    },
    killAll9: async () => {
      const pids = all();
      signalTo(postmasterPid(), "SIGKILL");
      tellAll("SIGKILL");
      for (const pid of pids) await gone(pid, 5_000);
    },
    pause: () => tellAll("SIGSTOP"),
    resume: () => tellAll("SIGCONT"),
    stop: async () => {
      const pid = postmasterPid();
      signalTo(pid, "SIGINT");
      if (!(await gone(pid, 20_000))) tellAll("SIGKILL");
    },
  };
}

export interface PatroniMember {
  readonly state: string;
  readonly role: string;
  readonly sync_standby?: boolean;
}

/** What Patroni says of its PostgreSQL; null where it does not answer. */
export async function memberState(host: Host, port: number): Promise<PatroniMember | null> {
  try {
    return (await (await askPatroni(host, port, "/patroni")).json()) as PatroniMember;
  } catch {
    return null;
  }
}

/** Whether this member holds the leader's key and takes writes. */
export async function isPrimary(host: Host, port: number): Promise<boolean> {
  return askPatroni(host, port, "/primary").then(
    (answer) => answer.ok,
    () => false,
  );
}

/** Whether this member is the standby without which nothing is acknowledged. */
export async function isSynchronous(host: Host, port: number): Promise<boolean> {
  return askPatroni(host, port, "/synchronous").then(
    (answer) => answer.ok,
    () => false,
  );
}

function askPatroni(host: Host, port: number, path: string): Promise<Response> {
  return fetch(`http://${host.address}:${port}${path}`, { signal: AbortSignal.timeout(3_000) });
}

function postmasterOf(dataFolder: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(join(dataFolder, "postmaster.pid"), "utf8"), 10);
    return pid > 0 && isAlive(pid) ? pid : null;
  } catch {
    return null;
  }
}
