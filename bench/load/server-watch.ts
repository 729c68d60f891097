// What the server costs while it is loaded: CPU and memory, by role. From the process trees where they are known,
// else from its /metrics, which tells of the process that answers only.

import { cpuUsByPart, memoryByPart } from "#bench/driver/process-tree.ts";
import type { ServerSample } from "./run-file.ts";

/** Reading every page's share of a large process takes a while; CPU is read each second. */
const memoryEvery = 5;

export interface Cost {
  readonly cpuUs: Readonly<Record<string, number>>;
  readonly memoryBytes: Readonly<Record<string, number>>;
}

export interface ServerWatch {
  /** Null: it cannot be looked at. */
  read(): Promise<Cost | null>;
}

export function watchProcesses(parts: () => Readonly<Record<string, readonly number[]>>): ServerWatch {
  let memory: Record<string, number> = {};
  let count = 0;
  return {
    async read() {
      const living = parts();
      try {
        if (count++ % memoryEvery === 0) {
          const kiB = memoryByPart(living);
          memory = Object.fromEntries(Object.entries(kiB).map(([part, value]) => [part, value * 1024]));
        }
        return { cpuUs: cpuUsByPart(living), memoryBytes: memory };
      } catch {
        return null; // one of them ends in this moment
      }
    },
  };
}

/** `metrics`: role=url, or a url by itself. */
export function watchMetrics(metrics: readonly string[], token: string | null): ServerWatch {
  const sources = metrics.map((given) => {
    const [, role, url] = /^(?:([\w-]+)=)?(https?:.*)$/.exec(given) ?? [];
    return { role: role ?? "server", url: url ?? given };
  });
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  return {
    async read() {
      const cpuUs: Record<string, number> = {};
      const memoryBytes: Record<string, number> = {};
      for (const { role, url } of sources) {
        const text = await fetch(url, { headers, signal: AbortSignal.timeout(900) }).then(
          (answer) => (answer.ok ? answer.text() : null),
          () => null,
        );
        const cpu = text && metricIn(text, "process_cpu_seconds_total");
        if (!cpu) return null;
        cpuUs[role] = (cpuUs[role] ?? 0) + cpu * 1e6;
        memoryBytes[role] = (memoryBytes[role] ?? 0) + (metricIn(text, "process_resident_memory_bytes") ?? 0);
      }
      return sources.length > 0 ? { cpuUs, memoryBytes } : null;
    },
  };
}

function metricIn(text: string, name: string): number | null {
  const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text);
  return found ? Number(found[1]) : null;
}

/** Between two looks `ms` apart. A process that was started anew begins at zero. */
export function sampleOf(before: Cost | null, after: Cost | null, ms: number): ServerSample | null {
  if (!before || !after || ms <= 0) return null;
  const byRole: Record<string, { cpuShare: number; memoryBytes: number }> = {};
  let cpuShare = 0;
  let memoryBytes = 0;
  for (const [role, us] of Object.entries(after.cpuUs)) {
    const share = Math.max(0, us - (before.cpuUs[role] ?? 0)) / 1000 / ms;
    const memory = after.memoryBytes[role] ?? 0;
    byRole[role] = { cpuShare: rounded(share), memoryBytes: memory };
    cpuShare += share;
    memoryBytes += memory;
  }
  return { cpuShare: rounded(cpuShare), memoryBytes, byRole };
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
