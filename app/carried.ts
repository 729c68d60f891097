// What a single-file executable (./banyan compile) carries inside itself: the built web client and PostgreSQL.
// A checkout carries nothing: there both come from node_modules and the sources.

import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

export interface Carried {
  /** Paths inside the executable. */
  readonly webPath: string;
  readonly postgresPath: string;
  /** Changes with the archive, so that another release unpacks its own. */
  readonly postgresName: string;
}

let carried: Carried | null = null;

/** Called by the executable's entry, before anything else. */
export function carry(what: Carried): void {
  carried = what;
}

export function isExecutable(): boolean {
  return carried !== null;
}

export async function carriedWeb(): Promise<Uint8Array | undefined> {
  return carried === null ? undefined : Bun.file(carried.webPath).bytes();
}

/** The folder of the carried PostgreSQL, unpacked into the data directory at the first start. */
export async function carriedPostgres(dataDir: string): Promise<string | undefined> {
  if (carried === null) return undefined;
  const folder = join(dataDir, carried.postgresName);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o755 });
  const unpack = Bun.spawn(["tar", "-xzf", "-", "-C", unfinished], { stdin: Bun.file(carried.postgresPath) });
  if ((await unpack.exited) !== 0)
    throw new Error("The PostgreSQL in this executable could not be unpacked.");
  renameSync(unfinished, folder);
  return folder;
}
