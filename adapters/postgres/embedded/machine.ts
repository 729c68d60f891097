// What the machine has to give, as far as PostgreSQL's settings care.

import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";

export interface Machine {
  readonly memoryBytes: number;
  readonly cores: number;
}

/** Memory is the container's limit where there is one, not the host's. */
export function thisMachine(): Machine {
  const limit = cgroupLimit();
  return { memoryBytes: Math.min(totalmem(), limit), cores: availableParallelism() };
}

function cgroupLimit(): number {
  for (const file of ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]) {
    try {
      const bytes = Number(readFileSync(file, "utf8").trim());
      if (bytes > 0) return bytes;
    } catch {
      // Not this kind of cgroup, or no cgroup at all.
    }
  }
  return Number.POSITIVE_INFINITY;
}
