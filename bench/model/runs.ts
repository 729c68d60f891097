// What was measured for the model, as lines of JSON: bench/model/runs.ndjson.

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Stamp } from "#bench/scale/record.ts";
import type { Measured } from "./run-workload.ts";
import type { Topology } from "./workload.ts";

export type RunKind = "cell" | "check";
export type Kept = Stamp & Measured & { readonly kind: RunKind; readonly topology: Topology };

const file = join(import.meta.dir, "runs.ndjson");

export function keepRun(run: Kept): void {
  appendFileSync(file, `${JSON.stringify(run)}\n`);
}

/** The lines of the last command of that kind, in their order. */
export function newestRun(kind: RunKind, topology: Topology): Kept[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n").filter(Boolean);
  const all = lines
    .map((line) => JSON.parse(line) as Kept)
    .filter((it) => it.kind === kind && it.topology === topology);
  return all.filter(({ at }) => at === all.at(-1)?.at);
}
