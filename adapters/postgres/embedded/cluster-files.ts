// The cluster's folder: made once, whole or not at all, and checked before each start.

import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { MiB } from "#base/units.ts";
import type { Binaries } from "./binaries.ts";
import { diskFull, EmbeddedFailure, fromFileError, fromServerLog, lastFatal } from "./failure.ts";
import type { RunAs } from "./run-as.ts";

export const superuser = "banyan";
const freeBytesMin = 64 * MiB;

/** True when the cluster was made now, which `creating` is told before. */
export async function ensureCluster(
  folder: string,
  binaries: Binaries,
  runAs: RunAs,
  creating: () => void,
): Promise<boolean> {
  if (existsSync(join(folder, "PG_VERSION"))) {
    checkVersion(folder, binaries.majorVersion);
    checkOwner(folder, runAs);
    checkSpace(folder);
    return false;
  }
  if (existsSync(folder)) throw notACluster(folder);
  checkSpace(dirname(folder));
  creating();
  await makeCluster(folder, binaries, runAs);
  return true;
}

/** A folder that only the cluster's user may enter. */
export function makePrivateFolder(path: string, runAs: RunAs): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    // In a folder for all (the temporary one) somebody else may have put a trap in this place.
    const { uid } = lstatSync(path);
    const ours = uid === process.getuid?.() || uid === runAs.owner?.uid;
    if (!ours || !lstatSync(path).isDirectory()) throw Object.assign(new Error(path), { code: "EPERM" });
    if (runAs.owner) chownSync(path, runAs.owner.uid, runAs.owner.gid);
    chmodSync(path, 0o700);
  } catch (error) {
    throw fromFileError(error, path);
  }
}

/** Made beside its place, synced, then renamed: a crash on the way leaves nothing that looks whole. */
async function makeCluster(folder: string, binaries: Binaries, runAs: RunAs): Promise<void> {
  const half = `${folder}.unfinished`;
  try {
    rmSync(half, { recursive: true, force: true });
  } catch (error) {
    throw fromFileError(error, half);
  }
  makePrivateFolder(half, runAs);
  await initdb(half, binaries, runAs);
  await makeDurable(half, binaries, runAs);
  try {
    renameSync(half, folder);
  } catch (error) {
    throw fromFileError(error, folder);
  }
}

async function initdb(folder: string, binaries: Binaries, runAs: RunAs): Promise<void> {
  // Collation: bytes (fast, the same on every machine); letters' case: all of Unicode, built in.
  const locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"];
  const command = [binaries.initdb, "-D", folder, "-U", superuser, ...locale];
  command.push(
    "--auth-local=trust",
    "--auth-host=reject",
    "--data-checksums",
    "--no-sync",
    "--no-instructions",
  );
  const child = Bun.spawn(runAs.wrap(command, { dieWithUs: true }), {
    // A Ctrl-C in the terminal asks Banyan to stop, not this.
    detached: true,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    cwd: "/",
  });
  const [code, output] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  if (code === 0) return;
  rmSync(folder, { recursive: true, force: true });
  throw (
    fromServerLog(output, folder) ??
    new EmbeddedFailure(
      "start_failed",
      `PostgreSQL could not make a new cluster in ${folder}: ${lastFatal(output)}.`,
      "Mend that and start again.",
    )
  );
}

/** One sync of the file system costs a third of initdb's own sync, file by file; it is Linux's. */
async function makeDurable(folder: string, binaries: Binaries, runAs: RunAs): Promise<void> {
  const quick = process.platform === "linux" && Bun.which("sync") ? ["sync", "-f", folder] : null;
  if (quick && (await quietly(quick)) === 0) return;
  const thorough = runAs.wrap([binaries.initdb, "--sync-only", "-D", folder], { dieWithUs: true });
  if ((await quietly(thorough)) !== 0) throw diskFull(folder);
}

function quietly(command: string[]): Promise<number> {
  return Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore", cwd: "/" }).exited;
}

function checkVersion(folder: string, majorVersion: string): void {
  const found = readFileSync(join(folder, "PG_VERSION"), "utf8").trim();
  if (found === majorVersion) return;
  throw new EmbeddedFailure(
    "other_version",
    `The data in ${folder} was written by PostgreSQL ${found}, and this is PostgreSQL ${majorVersion}.`,
    "Start the release of Banyan that wrote it and move the data with backup and restore.",
  );
}

function checkOwner(folder: string, runAs: RunAs): void {
  const { uid } = statSync(folder);
  const wanted = runAs.owner?.uid ?? process.getuid?.() ?? uid;
  if (uid === wanted) return;
  throw new EmbeddedFailure(
    "not_writable",
    `The data in ${folder} belongs to user number ${uid}, and this is user number ${wanted}.`,
    `Start Banyan as that user, or give the folder away: chown -R ${wanted} ${folder}`,
  );
}

function checkSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < freeBytesMin) throw diskFull(folder);
}

function notACluster(folder: string): EmbeddedFailure {
  return new EmbeddedFailure(
    "damaged",
    `The folder ${folder} is there but holds no PostgreSQL cluster (PG_VERSION is missing).`,
    "If it is not yours to keep, move it away; else restore the last backup into a new data directory.",
  );
}
