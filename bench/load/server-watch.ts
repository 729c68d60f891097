// What the server costs while it is loaded: CPU and memory, by role. From the process trees where they are known,
// else from its /metrics, which tells of the process that answers only.

import { cpuUsByPart, memoryByPart } from "#bench/driver/process-tree.ts";
import { fetchTrusting } from "./api-client.ts";
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

/** Where /metrics are: role=url, or a url by itself. */
export interface MetricsAt {
  readonly sources: readonly string[];
  readonly token: string | null;
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

export function watchMetrics(at: MetricsAt): ServerWatch {
  return {
    async read() {
      const cpuUs: Record<string, number> = {};
      const memoryBytes: Record<string, number> = {};
      for (const { role, text } of await textsOf(at)) {
        const cpu = text && metricIn(text, "process_cpu_seconds_total");
        if (!cpu) return null;
        cpuUs[role] = (cpuUs[role] ?? 0) + cpu * 1e6;
        memoryBytes[role] = (memoryBytes[role] ?? 0) + (metricIn(text, "process_resident_memory_bytes") ?? 0);
      }
      return at.sources.length > 0 ? { cpuUs, memoryBytes } : null;
    },
  };
}

/** Banyan's own counts, over all sources: of the log, the hub, the delivery audit ... Null: nobody tells. */
export async function countsOf(at: MetricsAt): Promise<Record<string, number> | null> {
  const counts: Record<string, number> = {};
  for (const { text } of await textsOf(at))
    for (const [, name, value] of text?.matchAll(/^(banyan_\w+_total)(?:\{[^}]*\})? (\S+)$/gm) ?? [])
      counts[name!] = (counts[name!] ?? 0) + Number(value);
  return Object.keys(counts).length > 0 ? counts : null;
}

async function textsOf({ sources, token }: MetricsAt): Promise<{ role: string; text: string | null }[]> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  return Promise.all(
    sources.map(async (given) => {
      const [, role, url] = /^(?:([\w-]+)=)?(https?:.*)$/.exec(given) ?? [];
      const text = await fetchTrusting(url ?? given, { headers, signal: AbortSignal.timeout(900) }).then(
        (answer) => (answer.ok ? answer.text() : null),
        () => null,
      );
      return { role: role ?? "server", text };
    }),
  );
}

function metricIn(text: string, name: string): number | null {
  const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text);
  return found ? Number(found[1]) : null;
}

/** Looks closer than this tell more of chance than of the server. */
const apartMinMs = 200;

/** Between two looks `ms` apart. A process that was started anew begins at zero. */
export function sampleOf(before: Cost | null, after: Cost | null, ms: number): ServerSample | null {
  if (!before || !after || ms < apartMinMs) return null;
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
