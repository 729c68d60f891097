// A server under load: how it is started, pinned and spoken to, and who its clients are.

import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Subprocess } from "bun";
import type { Dialect, Seat } from "#bench/driver/dialect.ts";

export const targetNames = [
  "banyan",
  "banyan-cluster",
  "socketio-postgres",
  "ejabberd",
  "prosody",
  "centrifugo",
  "tinode",
  "wukongim",
  "nats",
  "jetstream",
  "raw-publish",
  "c-epoll",
] as const;

export type TargetName = (typeof targetNames)[number];

/** Met when nothing else is asked for. */
export const quickTargets: readonly TargetName[] = ["banyan", "socketio-postgres", "raw-publish"];

/** All that stand beside Banyan: chat servers, and what marks a limit because it keeps nothing or is no server. */
export const besideBanyan = targetNames.filter((name) => name !== "banyan" && name !== "banyan-cluster");

export interface RunningTarget {
  readonly port: number;
  /** More doors than the first; clients take them in turn. */
  readonly ports?: readonly number[];
  /** The roots of its process trees. */
  readonly pids: readonly number[];
  /** The same by what they do, where a server is made of several. */
  readonly parts?: Readonly<Record<string, readonly number[]>>;
  /** Where its database is, when that is not in the folder. */
  readonly databaseUrl?: string;
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Different messages in its archive; absent where it keeps none. */
  archived?(): Promise<number>;
}

export interface StartOptions {
  /** Cores the server may use, as taskset writes them; null: any. */
  readonly cores: string | null;
  readonly folder: string;
  readonly cluster: ClusterShape;
}

/** How many of what a cluster under load is made of. */
export interface ClusterShape {
  readonly gateways: number;
  readonly messaging: number;
  readonly nats: 1 | 3;
  readonly postgres: 1 | 2;
  /** HAProxy between the clients and the gateways. */
  readonly front: boolean;
  /** The gateways listen on one port, and the kernel chooses among them. */
  readonly reusePort: boolean;
  /** More variables of every Banyan process. */
  readonly env: Readonly<Record<string, string>>;
}

export const usualCluster: ClusterShape = {
  gateways: 1,
  messaging: 1,
  nats: 3,
  postgres: 2,
  front: false,
  reusePort: false,
  env: {},
};

/** A file that the server is started with, or a line on how it is used. */
export interface ConfigurationText {
  readonly title: string;
  readonly text: string;
}

export interface Target {
  readonly name: TargetName;
  /** As people call it. */
  readonly title: string;
  readonly role: "ours" | "peer" | "limit";
  /** In a line: what is certain when it acknowledges a message. */
  readonly promise: string;
  version(): string;
  /** All that differs from an installation by default, for people who doubt the figures. */
  configuration(): readonly ConfigurationText[];
  /** null: it can be started here; else what is missing and the command that installs it. */
  missing(): string | null;
  /** Journeys that it is left out of, by name, and why. */
  readonly cannot?: Readonly<Record<string, string>>;
  /** Messages under way at a time in each room, where fewer than the usual saturate it. */
  readonly inFlight?: { readonly rooms?: number; readonly largeRoom?: number };
  start(options: StartOptions): Promise<RunningTarget>;
  dialect(seed: number): Dialect;
  /** The conversation of pair, room or large room number `n`. */
  place(kind: "pair" | "room" | "largeRoom", n: number): string;
  /** The seat of journey user `n`, who sits in `places`. */
  seat(user: number, places: readonly string[]): Seat;
  /** The seats of the idle crowd, each in 50 conversations. */
  crowd(count: number): readonly Seat[];
}

/** Said, not left out: a child would inherit the one core of the load generator. */
const anyCore = `0-${cpus().length - 1}`;

/** The command on those cores; where the system can, it also ends when we do, however we end. */
export function pinned(cores: string | null, command: readonly string[]): string[] {
  const pin = Bun.which("taskset") ? ["taskset", "-c", cores ?? anyCore] : [];
  return [...pin, ...dieWithUs(), ...command];
}

const deathSignal = ["setpriv", "--pdeathsig", "TERM"];

function dieWithUs(): readonly string[] {
  const works = Bun.which("setpriv") && Bun.spawnSync([...deathSignal, "true"]).exitCode === 0;
  return works ? deathSignal : [];
}

export async function freePort(): Promise<number> {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const port = server.port;
  server.stop(true);
  return port;
}

/** Waits until the server answers HTTP; throws with the end of its output when it ends before. */
export async function untilReady(
  url: string,
  child: Subprocess,
  log: string,
  withinMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the server ended at once:\n${await tailOf(log)}`);
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await Bun.sleep(5);
  }
  child.kill("SIGKILL");
  throw new Error(`the server did not answer at ${url}:\n${await tailOf(log)}`);
}

async function tailOf(log: string): Promise<string> {
  const text = await Bun.file(log)
    .text()
    .catch(() => "(no output)");
  return text.split("\n").slice(-20).join("\n");
}

export async function end(child: Subprocess, signal: NodeJS.Signals, withinMs = 15_000): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), withinMs);
  await child.exited;
  clearTimeout(timer);
}

/**
 * Runs `work` with this process on those cores, so that all it starts stays there, and goes back to where it was.
 * For servers of many processes that somebody else's code starts.
 */
export async function onCores<T>(cores: string | null, work: () => Promise<T>): Promise<T> {
  if (!Bun.which("taskset")) return work();
  const before = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]!;
  const moveTo = (list: string) => Bun.spawnSync(["taskset", "-a", "-c", "-p", list, String(process.pid)]);
  moveTo(cores ?? anyCore);
  try {
    return await work();
  } finally {
    moveTo(before);
  }
}
