// A peer as a process: its output in a log, its port awaited, and a shape that all targets share.

import { openSync } from "node:fs";
import { cpus } from "node:os";
import type { Subprocess } from "bun";
import type { PeerDatabase } from "#bench/peers/database.ts";
import { end, pinned, type RunningTarget } from "./target.ts";

export interface PeerProcess {
  readonly command: readonly string[];
  readonly cores: string | null;
  readonly log: string;
  /** TCP, on every address of loopback. */
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly withinMs?: number;
}

/** Fulfils when the port answers; throws with the end of the log when the process ends before. */
export async function startPeer(peer: PeerProcess): Promise<Subprocess> {
  const output = openSync(peer.log, "a");
  const child = Bun.spawn(pinned(peer.cores, peer.command), {
    stdin: "ignore",
    stdout: output,
    stderr: output,
    env: { ...process.env, ...peer.env },
    ...(peer.cwd === undefined ? {} : { cwd: peer.cwd }),
  });
  const deadline = performance.now() + (peer.withinMs ?? 30_000);
  while (performance.now() < deadline && child.exitCode === null) {
    if (await answers(peer.port)) return child;
    await Bun.sleep(10);
  }
  await end(child, "SIGKILL");
  throw new Error(`${peer.command[0]} did not start:\n${await tailOf(peer.log)}`);
}

/** The peer with what it stands on, stopped in reverse order. */
export function running(
  port: number,
  child: Subprocess,
  database: PeerDatabase | null = null,
  more: Pick<RunningTarget, "archived"> = {},
): RunningTarget {
  const stop = async (signal: NodeJS.Signals) => {
    await end(child, signal);
    if (database) await end(database.child, "SIGINT");
  };
  return {
    port,
    pids: database ? [child.pid, database.child.pid] : [child.pid],
    stop: () => stop("SIGTERM"),
    kill: () => stop("SIGKILL"),
    ...more,
  };
}

/** How many cores a peer has: runtimes that count them for themselves may count the machine's. */
export function coreCount(cores: string | null): number {
  return cores === null ? cpus().length : cores.split(",").length;
}

async function answers(port: number): Promise<boolean> {
  const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } }).catch(() => null);
  socket?.terminate();
  return socket !== null;
}

async function tailOf(log: string): Promise<string> {
  const text = await Bun.file(log)
    .text()
    .catch(() => "(no output)");
  return text.split("\n").slice(-20).join("\n");
}
