// What was measured, as lines of JSON beside the code: bench/scale/<name>.ndjson.

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commit, thisMachine, versions } from "#bench/history.ts";

export interface Stamp {
  readonly at: string;
  readonly command: string;
  readonly seed: number;
  readonly commit: string;
  readonly machine: ReturnType<typeof thisMachine>;
  readonly versions: Readonly<Record<string, string>>;
  /** Whether nothing else ran beside it, as its user says. */
  readonly quiet: boolean;
}

export type ScaleName = "sessions" | "messages";

export function stampOf(command: string, seed: number, quiet: boolean): Stamp {
  return {
    at: new Date().toISOString(),
    command,
    seed,
    commit: commit(),
    machine: thisMachine(),
    versions: versions(true),
    quiet,
  };
}

export function appendPoint(name: ScaleName, stamp: Stamp, point: object): void {
  appendFileSync(fileOf(name), `${JSON.stringify({ ...stamp, ...point })}\n`);
}

export function pointsOf<T>(name: ScaleName): (Stamp & T)[] {
  if (!existsSync(fileOf(name))) return [];
  const lines = readFileSync(fileOf(name), "utf8").trim().split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Stamp & T);
}

function fileOf(name: ScaleName): string {
  return join(import.meta.dir, `${name}.ndjson`);
}
