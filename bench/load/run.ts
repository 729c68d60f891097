// One run from the first look at the server to the run file: people are made, processes started, the load put on, the
// books compared. What can be mended is thrown as a LoadProblem; an interrupt ends the load and keeps what was found.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { thisMachine } from "#bench/history.ts";
import { artifacts } from "#ops/root.ts";
import { Faults } from "./faults.ts";
import type { AuditPart, Job } from "./job.ts";
import { rounded } from "./latencies.ts";
import type { LoadOptions } from "./options.ts";
import { jobsFor, preparePeople } from "./prepare.ts";
import { type Phase, type RunFile, runFormat, type ServerCost } from "./run-file.ts";
import { saturation } from "./saturation.ts";
import { type Cost, countsOf, sampleOf } from "./server-watch.ts";
import { Tally } from "./tally.ts";
import { type LoadTarget, lookAt, type ServerAbout } from "./target.ts";
import type { View } from "./view.ts";
import { Workers } from "./workers.ts";

const startInMs = 500;
const rollCallMax = 5_000;

export interface Interrupt {
  /** Whether somebody pressed Ctrl-C. */
  readonly happened: boolean;
}

export async function runLoad(
  options: LoadOptions,
  target: LoadTarget,
  processes: number,
  view: View,
  interrupt: Interrupt,
): Promise<RunFile> {
  const mayLogIn = options.databaseUrl === null && target.database === null;
  const about = await lookAt(target.url, mayLogIn);
  const prepared = await preparePeople(
    options,
    target,
    (line) => view.say(line),
    () => interrupt.happened,
  );
  const jobs = jobsFor(options, prepared, target, about, processes);
  const folder = join(artifacts, "load");
  mkdirSync(folder, { recursive: true });
  const load = new Load(options, target, about, jobs, folder, view, interrupt);
  return load.run();
}

class Load {
  readonly #tally: Tally;
  readonly #workers: Workers;
  readonly #faults: Faults;
  readonly #warnings: string[] = [];
  readonly #phases: Phase[] = [];
  #cost: Cost | null = null;
  #costAt = 0;
  #phase = "ramp-up";
  #startAt = 0;
  #countsBefore: Record<string, number> | null = null;
  #countsAfter: Record<string, number> | null = null;
  #closing = Promise.resolve();

  constructor(
    readonly options: LoadOptions,
    readonly target: LoadTarget,
    readonly about: ServerAbout,
    readonly jobs: readonly Job[],
    folder: string,
    readonly view: View,
    readonly interrupt: Interrupt,
  ) {
    const { rampMs, steadyMs } = options;
    const isSteady = (second: number) =>
      second * 1000 >= rampMs && (second + 1) * 1000 <= rampMs + steadyMs + 1;
    this.#tally = new Tally(jobs.length, isSteady, Math.ceil(rampMs / 1000));
    this.#faults = new Faults(options, target);
    this.#workers = new Workers(jobs, folder, (worker, second) => {
      if (this.#tally.add(worker, second)) this.#closing = this.#closing.then(() => this.#second());
    });
  }

  async run(): Promise<RunFile> {
    const { rampMs, steadyMs } = this.options;
    const at = new Date().toISOString();
    try {
      await this.#workers.all("ready");
      await this.#look();
      this.#countsBefore = await countsOf(this.target.metrics);
      const startAt = performance.timeOrigin + performance.now() + startInMs;
      this.#startAt = startAt - performance.timeOrigin;
      this.#workers.tell({ do: "start", atEpochMs: startAt });
      await this.#until(rampMs + steadyMs);
      const loadedMs = this.#now();
      this.#nameLoad(loadedMs);
      this.#phase = "settle";
      await this.#faults.over();
      const audits = await this.#settle();
      this.#countsAfter = await countsOf(this.target.metrics);
      await this.#closing;
      this.#tally.closeRest();
      this.#phases.push(...this.#faults.phases, {
        name: "settle",
        fromMs: loadedMs,
        toMs: this.#now(),
        note: "no more arrivals: answers, gaps, then the audit",
      });
      return this.#file(at, audits);
    } finally {
      await this.#workers.end();
    }
  }

  #now(): number {
    return Math.round(performance.now() - this.#startAt);
  }

  /** Waits, breaking what is to be broken; an interrupt ends the wait. */
  async #until(ms: number): Promise<void> {
    const { rampMs } = this.options;
    while (this.#now() < ms && !this.interrupt.happened) {
      const now = this.#now();
      this.#phase = now < rampMs ? "ramp-up" : this.#faults.isUnderWay ? "fault" : "steady";
      this.#faults.due(now, () => this.#now());
      await Promise.race([Bun.sleep(Math.min(100, Math.max(1, ms - now))), this.#workers.broken]);
    }
    if (this.interrupt.happened)
      this.#warnings.push(`ended by hand after ${Math.round(this.#now() / 1000)} s of ${ms / 1000} s`);
  }

  #nameLoad(loadedMs: number): void {
    const { rampMs, steadyMs, profile } = this.options;
    this.#phases.push({ name: "ramp-up", fromMs: 0, toMs: Math.min(rampMs, loadedMs) });
    if (loadedMs > rampMs) this.#phases.push({ name: "steady", fromMs: rampMs, toMs: loadedMs });
    const { spike } = profile;
    const spikeFrom = rampMs + (spike?.from ?? 0) * steadyMs;
    if (spike && loadedMs > spikeFrom)
      this.#phases.push({
        name: "spike",
        fromMs: spikeFrom,
        toMs: Math.min(loadedMs, rampMs + spike.to * steadyMs),
        note: `x ${spike.times}`,
      });
  }

  async #settle(): Promise<AuditPart[]> {
    const { view } = this;
    const told = (line: string) => view.say(line);
    this.#workers.tell({ do: "stop" });
    const stopped = await this.#workers.all("stopped");
    const unknown = stopped.reduce((sum, it) => sum + it.unknown, 0);
    if (unknown > 0)
      this.#warnings.push(`${unknown} messages had no answer when the run ended: stored or not`);
    const lastSeqs: Record<string, number> = {};
    for (const part of stopped)
      for (const [room, seq] of Object.entries(part.lastSeqs))
        lastSeqs[room] = Math.max(lastSeqs[room] ?? 0, seq);
    told("Settling: everybody's last messages, then the audit.");
    this.#workers.tell({ do: "settle", lastSeqs });
    const settled = await this.#workers.all("settled");
    const absent = settled.reduce((sum, it) => sum + it.absent, 0);
    if (absent > 0)
      this.#warnings.push(
        `${absent} sessions were not back, or had no answer, 40 s after the end; they are not audited to the last message`,
      );
    const each = (count: number) => Math.ceil(count / this.jobs.length);
    this.#workers.tell({
      do: "check",
      messagesMax: each(this.options.auditMessagesMax),
      rollCallMax: each(rollCallMax),
      isStill: unknown === 0,
    });
    const checked = await this.#workers.all("checked");
    const unchecked = checked.reduce((sum, it) => sum + it.unchecked, 0);
    const read = checked.reduce((sum, it) => sum + it.logMessages, 0);
    if (unchecked > 0)
      this.#warnings.push(
        `${unchecked} acknowledged messages were not looked up in the log (${read} were read; --audit-messages)`,
      );
    return checked.map(({ audit }) => audit);
  }

  async #look(): Promise<void> {
    this.#cost = await this.target.watch.read().catch(() => null);
    this.#costAt = performance.now();
  }

  async #second(): Promise<void> {
    const before = this.#cost;
    const beforeAt = this.#costAt;
    await this.#look();
    const server = sampleOf(before, this.#cost, this.#costAt - beforeAt);
    this.#tally.close(server);
    const { rampMs, steadyMs, profile, lateMaxMs } = this.options;
    this.view.second({
      title: `${profile.name} on ${this.target.url}: ${this.options.people.toLocaleString("en")} people`,
      phase: this.#phase,
      atMs: Math.max(0, this.#now()),
      lengthMs: rampMs + steadyMs,
      series: this.#tally.series,
      audit: this.#tally.audit(),
      refused: this.#tally.refused,
      failed: this.#tally.errors,
      saturated: saturation(this.#steady(), this.#tally.late, lateMaxMs),
    });
  }

  /** The seconds that count. */
  #steady() {
    const { rampMs, steadyMs } = this.options;
    return this.#tally.series.filter(({ atMs }) => atMs >= rampMs && atMs < rampMs + steadyMs);
  }

  #file(at: string, audits: readonly AuditPart[]): RunFile {
    const { options, target, about, jobs } = this;
    const { profile } = options;
    const { name, version, ...parameters } = profile;
    const why = saturation(this.#steady(), this.#tally.late, options.lateMaxMs);
    const resets = this.#tally.resets(audits);
    if (resets > 0)
      this.#warnings.push(`${resets} times a device was too far behind and began anew from the newest page`);
    if (about.leftOut.length > 0) this.#warnings.push(`left out: ${about.leftOut.join("; ")}`);
    const rooms = new Set(jobs.flatMap((job) => job.rooms.map(([id]) => id)));
    return {
      format: runFormat,
      at,
      command: options.command,
      seed: options.seed,
      profile: {
        name,
        version,
        parameters: {
          ...parameters,
          people: options.people,
          sendsPerSecond: rounded(jobs[0]!.sendsPerSecond),
          rampSeconds: options.rampMs / 1000,
          steadySeconds: options.steadyMs / 1000,
        },
      },
      target: { url: target.url, version: about.version, topology: target.topology },
      machine: thisMachine(),
      generator: {
        processes: jobs.length,
        cpuSharePeak: Math.max(0, ...this.#steady().map((it) => it.generatorCpuShare)),
        lateP99Ms: rounded(this.#tally.late.quantileMs(0.99)),
        saturated: why !== null,
        ...(why !== null && { why }),
      },
      phases: this.#phases.sort((a, b) => a.fromMs - b.fromMs),
      series: this.#tally.series,
      totals: {
        people: options.people,
        devices: jobs.reduce(
          (sum, job) => sum + job.people.reduce((all, { tokens }) => all + tokens.length, 0),
          0,
        ),
        conversations: rooms.size,
        actions: this.#tally.actions,
        bytesIn: this.#tally.bytesIn,
        bytesOut: this.#tally.bytesOut,
      },
      latency: this.#tally.latency(),
      audit: this.#tally.audit(audits),
      server: this.#serverCost(),
      ...this.#serverSays(),
      refused: this.#tally.refused,
      errors: this.#tally.errors,
      warnings: [...this.#faults.warnings, ...this.#warnings],
    };
  }

  #serverSays(): Pick<RunFile, "serverSays"> {
    const [before, after] = [this.#countsBefore, this.#countsAfter];
    if (!before || !after) return {};
    const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
    // Who began anew in between counts from zero: what it had before is not known any more.
    return { serverSays: Object.fromEntries(grown.filter(([, by]) => by > 0)) };
  }

  /** Added up second by second: a process that was started anew begins at zero. */
  #serverCost(): ServerCost | null {
    const sent = this.#tally.steadySent;
    const seen = this.#steady().flatMap(({ server }) => (server ? [server] : []));
    if (seen.length === 0 || sent === 0) return null;
    const byRole: Record<string, number> = {};
    for (const { byRole: roles } of seen)
      for (const [role, { cpuShare }] of Object.entries(roles ?? {}))
        byRole[role] = (byRole[role] ?? 0) + (cpuShare * 1e6) / sent;
    for (const role of Object.keys(byRole)) byRole[role] = rounded(byRole[role]!);
    return {
      cpuUsPerMessage: rounded(Object.values(byRole).reduce((sum, us) => sum + us, 0)),
      cpuUsPerMessageByRole: byRole,
      cpuSharePeak: Math.max(...seen.map(({ cpuShare }) => cpuShare)),
      memoryBytesPeak: Math.max(...seen.map(({ memoryBytes }) => memoryBytes)),
    };
  }
}
