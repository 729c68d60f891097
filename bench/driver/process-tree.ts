// What a server costs, read from /proc: CPU of its whole process tree (children that ended are counted by
// their parents) and its memory as PSS, where a page that processes share is divided among them.

import { readdirSync, readFileSync } from "node:fs";
import { assert } from "#base/assert.ts";

const ticksPerSecond = 100;
const usPerTick = 1_000_000 / ticksPerSecond;

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly cpuTicks: number;
}

export interface Memory {
  readonly serverKiB: number;
  readonly postgresKiB: number;
}

/** User and system time of all processes below and including `roots`, in microseconds. */
export function cpuUsOf(roots: readonly number[]): number {
  const { serverUs, postgresUs } = cpuPartsOf(roots);
  return serverUs + postgresUs;
}

export function cpuPartsOf(roots: readonly number[]): { serverUs: number; postgresUs: number } {
  let serverUs = 0;
  let postgresUs = 0;
  for (const stat of treeOf(roots)) {
    if (isPostgres(stat)) postgresUs += stat.cpuTicks * usPerTick;
    else serverUs += stat.cpuTicks * usPerTick;
  }
  return { serverUs, postgresUs };
}

/** The same for each of several parts; PostgreSQL's processes count as "postgres" wherever they hang. */
export function cpuUsByPart(parts: Readonly<Record<string, readonly number[]>>): Record<string, number> {
  const all = allProcesses();
  const us: Record<string, number> = {};
  const counted = new Set<number>();
  for (const [name, roots] of Object.entries(parts)) {
    us[name] ??= 0;
    for (const stat of treeIn(all, roots)) {
      if (counted.has(stat.pid)) continue;
      counted.add(stat.pid);
      const part = isPostgres(stat) ? "postgres" : name;
      us[part] = (us[part] ?? 0) + stat.cpuTicks * usPerTick;
    }
  }
  return us;
}

export function memoryByPart(parts: Readonly<Record<string, readonly number[]>>): Record<string, number> {
  const all = allProcesses();
  const kiB: Record<string, number> = {};
  for (const [name, roots] of Object.entries(parts))
    kiB[name] = treeIn(all, roots).reduce((sum, stat) => sum + pssKiB(stat.pid), 0);
  return kiB;
}

export function memoryOf(roots: readonly number[]): Memory {
  let serverKiB = 0;
  let postgresKiB = 0;
  for (const stat of treeOf(roots)) {
    const pss = pssKiB(stat.pid);
    if (isPostgres(stat)) postgresKiB += pss;
    else serverKiB += pss;
  }
  return { serverKiB, postgresKiB };
}

/** What all cores have worked since the machine started, time stolen by its host included. */
export function machineBusyUs(): number {
  const [user, nice, system, , , irq, softIrq, steal] = readFileSync("/proc/stat", "latin1")
    .slice(5, 200)
    .trim()
    .split(/\s+/)
    .map(Number) as [number, number, number, number, number, number, number, number];
  return (user + nice + system + irq + softIrq + steal) * usPerTick;
}

/** Kernel memory of all TCP sockets of the machine, in KiB: what PSS does not show. */
export function tcpKernelKiB(): number {
  const found = /^TCP:.* mem (\d+)/m.exec(readFileSync("/proc/net/sockstat", "utf8"));
  return found ? Number(found[1]) * 4 : 0;
}

function isPostgres(stat: ProcessStat): boolean {
  return stat.name.startsWith("postgres");
}

function treeOf(roots: readonly number[]): ProcessStat[] {
  return treeIn(allProcesses(), roots);
}

function allProcesses(): Map<number, ProcessStat> {
  const all = new Map<number, ProcessStat>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    const stat = Number.isInteger(pid) ? statOf(pid) : null;
    if (stat) all.set(pid, stat);
  }
  return all;
}

function treeIn(all: ReadonlyMap<number, ProcessStat>, roots: readonly number[]): ProcessStat[] {
  for (const root of roots) assert(all.has(root), `the server process ${root} has ended`);
  const belongs = (stat: ProcessStat | undefined): boolean =>
    stat !== undefined && (roots.includes(stat.pid) || belongs(all.get(stat.parent)));
  return [...all.values()].filter(belongs);
}

function statOf(pid: number): ProcessStat | null {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null;
  }
  // The name stands in parentheses and may itself contain spaces and parentheses.
  const nameEnd = line.lastIndexOf(")");
  const fields = line.slice(nameEnd + 2).split(" ");
  const ticks = (field: number) => Number(fields[field - 3]);
  return {
    pid,
    parent: ticks(4),
    name: line.slice(line.indexOf("(") + 1, nameEnd),
    cpuTicks: ticks(14) + ticks(15) + ticks(16) + ticks(17),
  };
}

function pssKiB(pid: number): number {
  try {
    const found = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"));
    return found ? Number(found[1]) : 0;
  } catch {
    return 0;
  }
}
