// Where the programs of the cluster's parts are on this machine. Looks first at what ./ops/install-parts.sh made,
// then where Debian puts them; what is missing is a StartProblem that says how to get it.

import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { StartProblem } from "#app/start-problem.ts";
import { artifacts } from "#ops/root.ts";

export type Part =
  | "nats-server"
  | "redis-server"
  | "redis-cli"
  | "haproxy"
  | "etcd"
  | "etcdctl"
  | "postgres"
  | "initdb"
  | "pg_basebackup"
  | "pg_ctl"
  | "pg_controldata"
  | "psql"
  | "patroni"
  | "patronictl"
  | "versitygw";

export const postgresFolder = "/usr/lib/postgresql/15/bin";
export const patroniFolder = join(artifacts, "parts", "patroni");

const ownFolders = [join(artifacts, "parts", "bin"), join(patroniFolder, "bin"), postgresFolder];
const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** What a part's own child programs may find; nothing else of our environment is theirs to know. */
export const searchPath = [postgresFolder, ...systemFolders].join(":");

/** The absolute path of the program. */
export function binaryOf(part: Part): string {
  const own = ownFolders.map((folder) => join(folder, part)).find(mayRun);
  const found = own ?? Bun.which(part) ?? systemFolders.map((folder) => join(folder, part)).find(mayRun);
  if (found) return found;
  throw new StartProblem(
    `The program ${part}, a part of the cluster, is not installed here.`,
    "Install the parts with: ./ops/install-parts.sh (on Debian 12, as root)",
  );
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
