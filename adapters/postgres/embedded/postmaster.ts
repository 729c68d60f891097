// One run of the `postgres` binary: from spawning it to its exit. Knows the lock file that it writes.

import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { MiB } from "#base/units.ts";
import type { Binaries } from "./binaries.ts";
import { EmbeddedFailure, fromFileError, fromServerLog, lastFatal } from "./failure.ts";
import type { Place } from "./place.ts";
import { isAlive, isPostgresOf, processesOf } from "./processes.ts";
import type { RunAs } from "./run-as.ts";
import { asArguments } from "./settings.ts";
import { socketPath } from "./socket-folder.ts";

export interface Postmaster {
  readonly pid: number;
  readonly exited: Promise<number>;
  signal(name: "SIGINT" | "SIGQUIT"): void;
}

const pollMs = 4;
const logBytesMax = 8 * MiB;
/** Recovery after a crash may have to read max_wal_size. */
const recoverWithinMs = 10 * 60_000;
const lockWithinMs = 60_000;

/** Starts it and waits until it takes connections; waits for what an earlier run left behind, with a deadline. */
export async function startPostmaster(
  place: Place,
  binaries: Binaries,
  runAs: RunAs,
  settings: Record<string, string>,
): Promise<Postmaster> {
  const deadline = performance.now() + lockWithinMs;
  for (;;) {
    await endOrphan(place, deadline);
    const from = logSize(place.logFile);
    const postmaster = spawn(place, binaries, runAs, settings);
    if (await becomesReady(place, postmaster)) return postmaster;
    const log = readLog(place.logFile, from);
    const heldByEarlierRun =
      /lock file ".*" already exists|pre-existing shared memory|shared memory block .* still in use/;
    if (heldByEarlierRun.test(log) && performance.now() < deadline) {
      await Bun.sleep(30);
      continue;
    }
    throw (
      fromServerLog(log, place.folder) ??
      new EmbeddedFailure(
        "start_failed",
        `PostgreSQL did not start: ${lastFatal(log)}.`,
        `Its log is ${place.logFile}.`,
      )
    );
  }
}

function spawn(place: Place, binaries: Binaries, runAs: RunAs, settings: Record<string, string>): Postmaster {
  const log = openLog(place.logFile);
  try {
    const command = [binaries.postgres, "-D", place.folder, ...asArguments(settings)];
    const child = Bun.spawn(runAs.wrap(command, { dieWithUs: true }), {
      cwd: "/",
      stdin: "ignore",
      stdout: log,
      stderr: log,
      // A session of its own: Ctrl-C in a terminal is for Banyan, which stops PostgreSQL after its last commit.
      detached: true,
      env: { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" },
    });
    return { pid: child.pid, exited: child.exited, signal: (name) => child.kill(name) };
  } finally {
    closeSync(log);
  }
}

/** False when it exited instead. */
async function becomesReady(place: Place, postmaster: Postmaster): Promise<boolean> {
  let running = true;
  void postmaster.exited.then(() => {
    running = false;
  });
  const deadline = performance.now() + recoverWithinMs;
  while (running) {
    const lock = readLockFile(place.folder);
    if (lock?.pid === postmaster.pid && lock.ready && (await accepts(place))) return true;
    if (performance.now() > deadline) {
      postmaster.signal("SIGQUIT");
      await postmaster.exited;
      return false;
    }
    await Bun.sleep(pollMs);
  }
  return false;
}

async function accepts(place: Place): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: socketPath(place.socketFolder), socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}

/**
 * A PostgreSQL that outlived its launcher is asked to stop, then told. A lock file whose number belongs to
 * some other program by now is taken away; one of a dead process PostgreSQL judges itself.
 */
async function endOrphan(place: Place, deadline: number): Promise<void> {
  const lock = readLockFile(place.folder);
  if (!lock || lock.pid === process.pid) return;
  if (!isAlive(lock.pid)) return endLeftBehind(place);
  if (!isPostgresOf(place.folder, lock.pid)) {
    rmSync(join(place.folder, "postmaster.pid"), { force: true });
    rmSync(`${socketPath(place.socketFolder)}.lock`, { force: true });
    return;
  }
  const began = performance.now();
  let told: "nothing" | "SIGINT" | "SIGQUIT" = "nothing";
  while (isAlive(lock.pid)) {
    const wish = performance.now() - began > 15_000 ? "SIGQUIT" : "SIGINT";
    if (told !== wish) {
      told = wish;
      tell(lock.pid, wish);
    }
    if (performance.now() > deadline) {
      throw new EmbeddedFailure(
        "in_use",
        `PostgreSQL process ${lock.pid} of an earlier run still has ${place.folder} and does not stop.`,
        `End it with: kill -QUIT ${lock.pid}`,
      );
    }
    await Bun.sleep(10);
  }
}

/**
 * Server processes whose postmaster is gone end by themselves when they next wait; one that a busy client keeps
 * from waiting serves on for ever, and keeps the shared memory that a new start needs. Killing them is safe:
 * recovery is due anyway.
 */
function endLeftBehind(place: Place): void {
  for (const pid of processesOf(place.folder, place.title)) tell(pid, "SIGKILL");
}

function tell(pid: number, signal: "SIGINT" | "SIGQUIT" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in this moment.
  }
}

/** postmaster.pid: line 1 its process, line 8 its state. */
function readLockFile(folder: string): { pid: number; ready: boolean } | null {
  try {
    const lines = readFileSync(join(folder, "postmaster.pid"), "utf8").split("\n");
    const pid = Math.abs(Number.parseInt(lines[0] ?? "", 10));
    return Number.isFinite(pid) && pid > 0 ? { pid, ready: lines[7]?.trim() === "ready" } : null;
  } catch {
    return null;
  }
}

function openLog(file: string): number {
  try {
    if (logSize(file) > logBytesMax) renameSync(file, `${file}.1`);
    return openSync(file, "a", 0o600);
  } catch (error) {
    throw fromFileError(error, file);
  }
}

function logSize(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

function readLog(file: string, from: number): string {
  const size = logSize(file);
  return existsSync(file)
    ? readFileSync(file)
        .subarray(size < from ? 0 : from)
        .toString()
    : "";
}
