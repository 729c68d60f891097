// The folder of everything that is kept: made, private (0700), writable, with space left, and held by one process
// only. The hold is the kernel's lock on an open file, so it ends with the process however that ends, and a lock
// file that a crash left behind hinders nobody.

import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { lockFile } from "#app/file-lock.ts";
import { StartProblem } from "#app/start-problem.ts";
import { MiB } from "#base/units.ts";

export interface DataDirectory {
  readonly path: string;
  close(): void;
}

/** Opens and holds the folder, or throws a StartProblem that names the remedy. */
export function openDataDirectory(path: string, diskFreeMiBMin: number): DataDirectory {
  makeFolder(path);
  const file = openLockFile(path);
  try {
    if (!lockFile(file)) throw heldByAnother(path);
    makePrivate(path);
    checkSpace(path, diskFreeMiBMin);
    writeHolder(file);
  } catch (error) {
    closeSync(file);
    throw refusedByDisk(error, path);
  }
  return { path, close: () => closeSync(file) };
}

/** What a user without special rights can still write, in MiB. */
export function freeMiB(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return Math.floor((bavail * bsize) / MiB);
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (!statSync(path).isDirectory()) throw notAFolder(path);
  } catch (error) {
    throw refusedByDisk(error, path);
  }
}

function openLockFile(path: string): number {
  try {
    return openSync(join(path, "lock"), "a+", 0o600);
  } catch (error) {
    throw refusedByDisk(error, path);
  }
}

function makePrivate(path: string): void {
  const { mode, uid } = statSync(path);
  if ((mode & 0o077) === 0) return;
  if (process.getuid !== undefined && uid !== process.getuid() && process.getuid() !== 0)
    throw new StartProblem(
      `The data directory ${path} belongs to another user and is open to others.`,
      `Give it to this user (chown) and close it (chmod 700 ${path}), or choose another with --data-dir.`,
    );
  chmodSync(path, 0o700);
}

function checkSpace(path: string, diskFreeMiBMin: number): void {
  const free = freeMiB(path);
  if (free >= diskFreeMiBMin) return;
  throw new StartProblem(
    `Only ${free} MiB are free on the disk of ${path}; at least ${diskFreeMiBMin} MiB are needed to start safely.`,
    "Free some space, choose another folder with --data-dir, or lower --disk-free-mib-min. Nothing was changed.",
  );
}

/** For the error text of a second process; never the lock itself. */
function writeHolder(file: number): void {
  ftruncateSync(file);
  writeSync(file, `${process.pid}\n`);
}

function heldByAnother(path: string): StartProblem {
  const pid = /^\d+/.exec(readFileSync(join(path, "lock"), "utf8"))?.[0];
  const who = pid === undefined ? "Another process" : `Another Banyan (process ${pid})`;
  const stop = pid === undefined ? "Stop it" : `Stop it (kill ${pid})`;
  return new StartProblem(
    `${who} is using the data directory ${path}.`,
    `${stop}, or start this one on a folder of its own with --data-dir.`,
  );
}

function notAFolder(path: string): StartProblem {
  return new StartProblem(`${path} is not a folder.`, "Choose another place with --data-dir.");
}

function refusedByDisk(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof StartProblem) return error;
  switch ((error as NodeJS.ErrnoException).code) {
    case "EACCES":
    case "EPERM":
      return new StartProblem(
        `The data directory ${path} may not be written by this user.`,
        "Give it to this user (chown), or choose another with --data-dir.",
      );
    case "EROFS":
      return new StartProblem(
        `The data directory ${path} is on a disk that is mounted read-only.`,
        "Mount it writable, or choose another folder with --data-dir.",
      );
    case "ENOSPC":
    case "EDQUOT":
      return new StartProblem(
        `The disk of ${path} is full.`,
        "Free some space, or choose another folder with --data-dir. Nothing was changed.",
      );
    case "ENOTDIR":
    case "EEXIST":
      return notAFolder(path);
    default:
      return new StartProblem(
        `The data directory ${path} cannot be opened (${error.message}).`,
        "Choose another place with --data-dir.",
      );
  }
}
