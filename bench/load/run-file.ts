// What a run of `./banyan load` leaves behind: one JSON object, the contract between the generator (bench/load), the
// report and the comparison (bench/load/report). Times are milliseconds since the run's first arrival was due.

import { readFileSync } from "node:fs";

export const runFormat = "banyan-load-1";

export interface RunFile {
  readonly format: typeof runFormat;
  /** When the run began, ISO 8601. */
  readonly at: string;
  readonly command: string;
  readonly seed: number;
  readonly profile: {
    readonly name: string;
    readonly version: number;
    readonly parameters: Readonly<Record<string, unknown>>;
  };
  readonly target: { readonly url: string; readonly version: string; readonly topology: string };
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly kernel: string;
  };
  readonly generator: {
    readonly processes: number;
    /** The busiest worker's share of one core, at its worst second. */
    readonly cpuSharePeak: number;
    /** How late arrivals left after their time in the timetable, at the 99th percentile. */
    readonly lateP99Ms: number;
    /** The generator could not keep its own timetable: no figure of this run is one of the server. */
    readonly saturated: boolean;
    readonly why?: string;
  };
  readonly phases: readonly Phase[];
  /** One for each second. */
  readonly series: readonly Sample[];
  readonly totals: {
    readonly people: number;
    readonly devices: number;
    readonly conversations: number;
    /** Done, by kind: send, reply, open, search ... */
    readonly actions: Readonly<Record<string, number>>;
    readonly bytesIn: number;
    readonly bytesOut: number;
  };
  /** By what was waited for: ack, delivery, open, search, resume, login ... from the timetable on. */
  readonly latency: Readonly<Record<string, Latency>>;
  readonly audit: Audit;
  /** What the independent checker says of the run's history, where it was asked (--check). */
  readonly checker?: {
    readonly verdict: "clean" | "broken" | "undecided";
    readonly lines: readonly string[];
  };
  /** Over the steady phases; null where the server could not be looked at. */
  readonly server: ServerCost | null;
  /** By how much the server's own counters grew (`banyan_..._total` of its /metrics); its own audit is among them. */
  readonly serverSays?: Readonly<Record<string, number>>;
  /** Refusals by code, over the whole run. */
  readonly refused: Readonly<Record<string, number>>;
  /** What failed without a refusal (connections, HTTP), by a short text. */
  readonly errors: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

/** `ramp-up`, `steady`, `spike`, `settle`, or `fault: ...`. */
export interface Phase {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly note?: string;
}

export interface Sample {
  readonly atMs: number;
  /** Sessions that are live. */
  readonly online: number;
  /** Sends that the timetable had in this second. */
  readonly offered: number;
  /** Sends acknowledged in it. */
  readonly sent: number;
  /** Messages shown to other devices in it. */
  readonly delivered: number;
  readonly refused: Readonly<Record<string, number>>;
  /** What failed without a refusal, by a short text; runs of before it was told lack it. */
  readonly failed?: Readonly<Record<string, number>>;
  readonly reconnects: number;
  /** Of this second; 0 where nothing was measured. */
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly deliveryP50Ms: number;
  readonly deliveryP99Ms: number;
  readonly openP99Ms: number;
  /** The busiest worker's share of one core. */
  readonly generatorCpuShare: number;
  readonly server: ServerSample | null;
}

export interface ServerSample {
  /** Of one core, all known server processes and their database together. */
  readonly cpuShare: number;
  readonly memoryBytes: number;
  /** By role: gateway, messaging, postgres ... */
  readonly byRole?: Readonly<Record<string, { readonly cpuShare: number; readonly memoryBytes: number }>>;
}

export interface Latency {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** Rising: how many took up to so many milliseconds and more than the step before. */
  readonly histogram: readonly (readonly [upToMs: number, count: number])[];
}

export interface Audit {
  /** Sends that were acknowledged. */
  readonly acknowledged: number;
  /** Messages shown, over all devices: what was due to them, less what was lost. */
  readonly shown: number;
  /** Acknowledged and not in the log, or in the log and never shown to a device that should have it. */
  readonly lost: number;
  /** One name stored twice, or one message shown twice. */
  readonly doubled: number;
  /** Shown in another order than numbered, or a sender's messages numbered in another order than sent. */
  readonly disordered: number;
  /** Holes that clients saw and closed by asking. No fault: that is how delivery works. */
  readonly gapsHealed: number;
  /** Conversations that had moved on while a device was away, and that it caught up with when it came back. */
  readonly breaksHealed?: number;
  /** Conversations whose unread count was not last seq - read seq, by the server's word. */
  readonly unreadErrors: number;
  /** Sessions that were audited. */
  readonly sessions: number;
  readonly verdict: "clean" | "broken";
  /** Some of the faults, in words. */
  readonly examples: readonly string[];
}

export interface ServerCost {
  readonly cpuUsPerMessage: number;
  readonly cpuUsPerMessageByRole?: Readonly<Record<string, number>>;
  readonly cpuSharePeak: number;
  readonly memoryBytesPeak: number;
}

/** What the server's own delivery audit found meanwhile; null where it judged nothing. */
export function auditOfServer({ serverSays = {} }: Pick<RunFile, "serverSays">): ServerAudit | null {
  const checked = serverSays.banyan_audit_messages_checked_total ?? 0;
  return checked === 0 ? null : { checked, lost: serverSays.banyan_audit_messages_lost_total ?? 0 };
}

export interface ServerAudit {
  readonly checked: number;
  readonly lost: number;
}

/** Reads a run; throws an Error whose text a person understands. */
export function readRun(path: string): RunFile {
  let run: Partial<RunFile>;
  try {
    run = JSON.parse(readFileSync(path, "utf8")) as Partial<RunFile>;
  } catch (error) {
    throw new Error(`${path} cannot be read as a run of ./banyan load: ${(error as Error).message}`);
  }
  if (run?.format !== runFormat)
    throw new Error(
      `${path} is not a run of ./banyan load that this version reads (its format is ${run?.format}).`,
    );
  for (const field of ["profile", "generator", "series", "totals", "latency", "audit", "phases"] as const)
    if (typeof run[field] !== "object") throw new Error(`${path} has no ${field}; the run was cut short.`);
  return run as RunFile;
}
