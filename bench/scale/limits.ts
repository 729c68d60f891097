// What a scale run may take of a machine that others use too.

import { readFileSync, writeFileSync } from "node:fs";

const GiB = 2 ** 30;
/** Below this a run stops by itself. */
export const availableBytesMin = 1.5 * GiB;

/** With as many descriptors as the machine allows a process. */
export function withDescriptors(command: readonly string[]): string[] {
  return ["sh", "-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh", ...command];
}

export function descriptorsMax(): number {
  const found = /Max open files\s+\d+\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"));
  return Number(found![1]);
}

/** Should memory end, this run and what it starts are the first that the kernel ends. */
export function offerOurselvesFirst(): void {
  writeFileSync("/proc/self/oom_score_adj", "1000");
}

export function availableBytes(): number {
  return meminfo().MemAvailable! * 1024;
}

/** /proc/meminfo, in KiB. */
export function meminfo(): Record<string, number> {
  const lines = readFileSync("/proc/meminfo", "utf8").trim().split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const [name, value] = line.split(/:\s+/) as [string, string];
      return [name, Number.parseInt(value, 10)];
    }),
  );
}
