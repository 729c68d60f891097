// One folder holds all of a cluster on one machine: data/ per part, logs/ in one place, run/ with configurations
// and process numbers, and cluster.json with what was chosen once: ports and passwords.

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { makePrivateFolder } from "#adapters/postgres/embedded/cluster-files.ts";
import { chooseRunAs, type RunAs } from "#adapters/postgres/embedded/run-as.ts";
import { binaryOf, patroniFolder } from "#ops/cluster/binaries.ts";
import { type PortPlan, portPlan } from "#ops/cluster/parts/ports.ts";
import { root } from "#ops/root.ts";

export interface Passwords {
  readonly postgresSuperuser: string;
  readonly postgresReplication: string;
  readonly postgresBanyan: string;
  readonly patroni: string;
  readonly nats: string;
  readonly natsRoutes: string;
  readonly redis: string;
  readonly s3: string;
}

export interface ClusterFolder {
  readonly path: string;
  readonly ports: PortPlan;
  readonly passwords: Passwords;
  /** The parts run as this user; as root that is another than ours, since PostgreSQL refuses root. */
  readonly runAs: RunAs;
  /** A private folder of a part's data. */
  data(name: string): string;
  logFile(name: string): string;
  pidFile(name: string): string;
  /** Writes a configuration file that only the parts' user can read, and gives its path. */
  configuration(name: string, text: string): string;
}

/** Reachable means the file itself, not the link to it. */
function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

interface Chosen {
  readonly base: number;
  readonly passwords: Passwords;
}

/** Made on first use. `base`: where its ports begin, if it is new. */
export function openClusterFolder(given: string, base: () => number): ClusterFolder {
  mkdirSync(resolve(given), { recursive: true, mode: 0o711 });
  const path = realpathSync(resolve(given));
  const runAs = chooseRunAs(join(path, "data"), [
    join(path, "data", "x"),
    realPath(join(patroniFolder, "bin", "python")),
    process.execPath,
    join(root, "ops", "cluster", "x"),
    binaryOf("nats-server"),
  ]);
  for (const name of ["data", "logs", "run"]) makePrivateFolder(join(path, name), runAs);
  const { base: first, passwords } = chosenIn(join(path, "cluster.json"), base);
  return {
    path,
    ports: portPlan(first),
    passwords,
    runAs,
    data: (name) => {
      const folder = join(path, "data", name);
      makePrivateFolder(folder, runAs);
      return folder;
    },
    logFile: (name) => join(path, "logs", `${name}.log`),
    pidFile: (name) => join(path, "run", `${name}.pid`),
    configuration: (name, text) => writePrivate(join(path, "run", name), text, runAs),
  };
}

/** The base of the ports of a folder that is there already, or null. */
export function baseOf(given: string): number | null {
  const file = join(resolve(given), "cluster.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Chosen).base : null;
}

function chosenIn(file: string, base: () => number): Chosen {
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const chosen = { base: base(), passwords: newPasswords() };
  writePrivate(file, `${JSON.stringify(chosen, null, 2)}\n`, null);
  return chosen;
}

function newPasswords(): Passwords {
  const password = () => Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString("hex");
  return {
    postgresSuperuser: password(),
    postgresReplication: password(),
    postgresBanyan: password(),
    patroni: password(),
    nats: password(),
    natsRoutes: password(),
    redis: password(),
    s3: password(),
  };
}

function writePrivate(file: string, text: string, runAs: RunAs | null): string {
  const half = `${file}.unfinished`;
  writeFileSync(half, text, { mode: 0o600 });
  chmodSync(half, 0o600);
  if (runAs?.owner) chownSync(half, runAs.owner.uid, runAs.owner.gid);
  renameSync(half, file);
  return file;
}
