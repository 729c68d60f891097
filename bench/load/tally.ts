// Adds up what the workers tell, second by second: the run's series, its totals and its latencies.

import type { AuditPart, FromWorker } from "./job.ts";
import { Latencies, rounded } from "./latencies.ts";
import type { Audit, Latency, Sample, ServerSample } from "./run-file.ts";

type Second = Extract<FromWorker, { say: "second" }>;

const examplesMax = 20;

export class Tally {
  readonly series: Sample[] = [];
  readonly actions: Record<string, number> = {};
  readonly refused: Record<string, number> = {};
  readonly errors: Record<string, number> = {};
  readonly late = new Latencies();
  /** Acknowledged in the steady time. */
  steadySent = 0;
  readonly #latencies = new Map<string, Latencies>();
  readonly #queues: Second[][];
  readonly #audits: (AuditPart | null)[];
  readonly #bytes: { in: number; out: number }[];
  /** By the second's number. */
  readonly #isSteady: (second: number) => boolean;
  /** From here on latencies count, to the end: what was due before the load ended is answered when it can be. */
  readonly #steadyFrom: number;

  constructor(workers: number, isSteady: (second: number) => boolean, steadyFrom: number) {
    this.#isSteady = isSteady;
    this.#steadyFrom = steadyFrom;
    this.#queues = Array.from({ length: workers }, () => []);
    this.#audits = Array.from({ length: workers }, () => null);
    this.#bytes = Array.from({ length: workers }, () => ({ in: 0, out: 0 }));
  }

  /** True when a second is whole now; `server` is what it cost meanwhile. */
  add(worker: number, second: Second): boolean {
    this.#queues[worker]!.push(second);
    this.#audits[worker] = second.audit;
    this.#bytes[worker] = { in: second.bytesIn, out: second.bytesOut };
    return this.#queues.every((queue) => queue.length > 0);
  }

  /** What some have told and others have not, when nobody tells more. */
  closeRest(): void {
    while (this.#queues.some((queue) => queue.length > 0)) this.close(null);
  }

  close(server: ServerSample | null): Sample {
    const seconds = this.#queues.flatMap((queue) => queue.splice(0, 1));
    const no = this.series.length;
    const isSteady = this.#isSteady(no);
    const now = new Map<string, Latencies>();
    const refused: Record<string, number> = {};
    const failed: Record<string, number> = {};
    const sum = (read: (it: Second["told"]) => number) =>
      seconds.reduce((all, { told }) => all + read(told), 0);
    for (const { told } of seconds) {
      addUp(refused, told.refused);
      addUp(this.refused, told.refused);
      addUp(failed, told.errors);
      addUp(this.errors, told.errors);
      addUp(this.actions, told.actions);
      if (isSteady) this.late.add(told.late.sparse, told.late.maxMs);
      for (const [name, { sparse, maxMs }] of Object.entries(told.latencies)) {
        of(now, name).add(sparse, maxMs);
        if (no >= this.#steadyFrom || name === "login") of(this.#latencies, name).add(sparse, maxMs);
      }
    }
    const at = (name: string, share: number) => rounded(now.get(name)?.quantileMs(share) ?? 0);
    const sample: Sample = {
      atMs: no * 1000,
      online: sum((it) => it.online),
      offered: sum((it) => it.offered),
      sent: sum((it) => it.sent),
      delivered: sum((it) => it.delivered),
      refused,
      failed,
      reconnects: sum((it) => it.reconnects),
      ackP50Ms: at("ack", 0.5),
      ackP99Ms: at("ack", 0.99),
      deliveryP50Ms: at("delivery", 0.5),
      deliveryP99Ms: at("delivery", 0.99),
      openP99Ms: at("open", 0.99),
      generatorCpuShare: rounded(Math.max(...seconds.map(({ cpuShare }) => cpuShare))),
      server,
    };
    this.series.push(sample);
    if (isSteady) this.steadySent += sample.sent;
    return sample;
  }

  get bytesIn(): number {
    return this.#bytes.reduce((sum, bytes) => sum + bytes.in, 0);
  }

  get bytesOut(): number {
    return this.#bytes.reduce((sum, bytes) => sum + bytes.out, 0);
  }

  latency(): Record<string, Latency> {
    return Object.fromEntries([...this.#latencies].map(([name, it]) => [name, it.latency()]));
  }

  /** As the workers see it now. */
  audit(parts: readonly (AuditPart | null)[] = this.#audits): Audit {
    const sum = (read: (part: AuditPart) => number) =>
      parts.reduce((all, part) => all + (part ? read(part) : 0), 0);
    const faults = {
      lost: sum((it) => it.lost),
      doubled: sum((it) => it.doubled),
      disordered: sum((it) => it.disordered),
      unreadErrors: sum((it) => it.unreadErrors),
    };
    const isClean = Object.values(faults).every((count) => count === 0);
    return {
      acknowledged: sum((it) => it.acknowledged),
      shown: sum((it) => it.shown),
      ...faults,
      gapsHealed: sum((it) => it.gapsHealed),
      breaksHealed: sum((it) => it.breaksHealed),
      sessions: sum((it) => it.sessions),
      verdict: isClean ? "clean" : "broken",
      examples: parts.flatMap((part) => part?.examples ?? []).slice(0, examplesMax),
    };
  }

  resets(parts: readonly (AuditPart | null)[] = this.#audits): number {
    return parts.reduce((all, part) => all + (part?.resets ?? 0), 0);
  }
}

function of(map: Map<string, Latencies>, name: string): Latencies {
  let found = map.get(name);
  if (!found) {
    found = new Latencies();
    map.set(name, found);
  }
  return found;
}

function addUp(all: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(more)) all[key] = (all[key] ?? 0) + count;
}
