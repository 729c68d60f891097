// One process of the cluster: started apart from us (its own session, its own log, its number in a file), and found
// again by that file, also by another run of ./banyan. A number is believed only with the time of its birth.

import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { birthMark, isAlive } from "#adapters/postgres/embedded/processes.ts";
import { StartProblem } from "#app/start-problem.ts";
import { searchPath } from "#ops/cluster/binaries.ts";
import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";

/** Where a part runs. Hosts that a test may cut off are network namespaces: `enter` is what leads into one. */
export interface Host {
  readonly address: string;
  readonly enter: readonly string[];
  /** Addresses outside the hosts from which its PostgreSQL is called. */
  readonly calledFrom?: readonly string[];
}

export const thisHost: Host = { address: "127.0.0.1", enter: [] };

export interface PartDefinition {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Record<string, string>;
  readonly host: Host;
  readonly port: number;
  readonly cwd: string;
  readonly stopSignal?: "SIGTERM" | "SIGINT";
  readonly stopWithinMs?: number;
  isReady(): Promise<boolean>;
}

export interface PartProcess {
  readonly name: string;
  readonly port: number;
  readonly logFile: string;
  readonly definition: PartDefinition;
  /** Null: it does not run. */
  pid(): number | null;
  /** When it began, in milliseconds of the epoch; null: it does not run. */
  since(): number | null;
  /** Starts it where it does not run; does not wait until it is ready. */
  start(): void;
  isReady(): Promise<boolean>;
  untilReady(withinMs: number): Promise<void>;
  kill9(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Asks it to stop, insists after its time. A paused one is resumed. */
  stop(): Promise<void>;
  restart(withinMs?: number): Promise<void>;
}

export function partProcess(definition: PartDefinition, folder: ClusterFolder): PartProcess {
  const { name } = definition;
  const pidFile = folder.pidFile(name);
  const logFile = folder.logFile(name);
  const pid = () => livingIn(pidFile);
  const tell = (signal: NodeJS.Signals) => signalTo(pid(), signal);
  const self: PartProcess = {
    name,
    port: definition.port,
    logFile,
    definition,
    pid,
    since: () => bornAt(pid()),
    start: () => {
      if (pid() === null) spawn(definition, folder);
    },
    isReady: async () => pid() !== null && (await definition.isReady().catch(() => false)),
    untilReady: (withinMs) => untilReady(self, withinMs),
    kill9: async () => {
      const victim = pid();
      tell("SIGKILL");
      await gone(victim, 5_000);
    },
    pause: () => tell("SIGSTOP"),
    resume: () => tell("SIGCONT"),
    stop: async () => {
      const old = pid();
      tell(definition.stopSignal ?? "SIGTERM");
      tell("SIGCONT");
      if (!(await gone(old, definition.stopWithinMs ?? 10_000))) {
        tell("SIGKILL");
        await gone(old, 5_000);
      }
      rmSync(pidFile, { force: true });
    },
    restart: async (withinMs = 30_000) => {
      await self.stop();
      self.start();
      await self.untilReady(withinMs);
    },
  };
  return self;
}

function spawn(definition: PartDefinition, folder: ClusterFolder): void {
  const log = openSync(folder.logFile(definition.name), "a", 0o600);
  try {
    const { command, host, env, cwd } = definition;
    const child = Bun.spawn([...host.enter, ...folder.runAs.wrap(command, { dieWithUs: false })], {
      cwd,
      detached: true,
      stdin: "ignore",
      stdout: log,
      stderr: log,
      env: { PATH: searchPath, LC_ALL: "C.UTF-8", TZ: "UTC", HOME: cwd, ...env },
    });
    child.unref();
    writeFileSync(folder.pidFile(definition.name), `${child.pid} ${birthMark(child.pid)}\n`, { mode: 0o600 });
  } finally {
    closeSync(log);
  }
}

async function untilReady(part: PartProcess, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await part.isReady())) {
    const died = part.pid() === null;
    if (!died && performance.now() < deadline) {
      await Bun.sleep(50);
      continue;
    }
    throw new StartProblem(
      `${part.name} ${died ? "ended while it started" : `was not ready within ${withinMs / 1000} s`}: ${lastLines(part.logFile)}`,
      `Its log is ${part.logFile}.`,
    );
  }
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, "utf8").trim().split("\n").slice(-3).join(" | ").slice(-600);
  } catch {
    return "(no log)";
  }
}

function livingIn(pidFile: string): number | null {
  try {
    const [pid, mark] = readFileSync(pidFile, "utf8").trim().split(" ");
    return mark && birthMark(Number(pid)) === mark ? Number(pid) : null;
  } catch {
    return null;
  }
}

const ticksPerSecond = 100;

function bornAt(pid: number | null): number | null {
  if (pid === null) return null;
  const uptimeSeconds = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  const ageSeconds = uptimeSeconds - Number(birthMark(pid)) / ticksPerSecond;
  return Date.now() - Math.max(0, ageSeconds) * 1000;
}

export function signalTo(pid: number | null, signal: NodeJS.Signals): void {
  try {
    if (pid !== null) process.kill(pid, signal);
  } catch {
    // It ended in this moment.
  }
}

export async function gone(pid: number | null, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (pid !== null && isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await Bun.sleep(10);
  }
  return true;
}
