// Many processes of hold-sessions.c, one for each gateway, and what they tell.

import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { withDescriptors } from "./limits.ts";

const source = join(import.meta.dir, "hold-sessions.c");
/** Gateways that fill at a time, and from when on the next may begin. */
const fillingMax = 2;
const nearlyFull = 0.97;
const binary = join(import.meta.dir, "../../.artifacts/scale/hold-sessions");

export interface Told {
  readonly live: number;
  readonly onWay: number;
  readonly refused: number;
  readonly lost: number;
  readonly failed: number;
  readonly pings: number;
  readonly framesIn: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface HolderJob {
  readonly frames: string;
  readonly ports: readonly number[];
  readonly sessions: number;
  /** Person `at + i * stride` is session i of gateway `at`; the number of gateways, or more. */
  readonly stride: number;
  readonly heartbeatMs: number;
  /** Connections of one holder that are on their way. */
  readonly dialing: number;
  readonly cwd: string;
}

export interface Holders {
  readonly pids: readonly number[];
  /** So many sessions of all holders together are to be live from now on; more than before. */
  hold(sessions: number): void;
  /** To be called now and then: gateways fill one after the other, so that few processes share the machine's cores. */
  fill(): void;
  told(): Told;
  quit(): Promise<void>;
}

/** Compiled where it is needed; without a C compiler nothing can be held. */
export function buildHolder(): void {
  if (existsSync(binary) && statSync(binary).mtimeMs > statSync(source).mtimeMs) return;
  mkdirSync(join(binary, ".."), { recursive: true });
  const compiler = Bun.which("cc") ?? Bun.which("gcc");
  if (!compiler) throw new Error("There is no C compiler; install gcc, which builds the thin client.");
  const { exitCode, stderr } = Bun.spawnSync([compiler, "-O2", "-Wall", "-o", binary, source]);
  if (exitCode !== 0) throw new Error(`${source} does not compile:\n${stderr}`);
}

/** With the stride of its gateways, members of a conversation are spread as a balancer spreads them. */
export function startHolders(job: HolderJob): Holders {
  const { ports, sessions } = job;
  const newest: Told[] = [];
  const children = ports.map((port, at) => {
    const count = share(sessions, at, ports.length);
    // Each pair of gateway and holder speaks over a loopback address of its own.
    const address = `127.0.${1 + (at >> 7)}.${1 + (at & 127)}`;
    const args = [job.frames, at, job.stride, count, address, port, job.heartbeatMs, job.dialing].map(String);
    const child = Bun.spawn(withDescriptors([binary, ...args]), {
      cwd: job.cwd,
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    void follow(child.stdout, (told) => {
      newest[at] = told;
    });
    return child;
  });
  let goals: number[] = ports.map(() => 0);
  const asked = ports.map(() => 0);
  const isFilling = (at: number) => (newest[at]?.live ?? 0) < asked[at]! * nearlyFull;
  function fill(): void {
    let filling = ports.filter((_, at) => isFilling(at)).length;
    for (let at = 0; at < ports.length && filling < fillingMax; at++) {
      if (asked[at] === goals[at]) continue;
      asked[at] = goals[at]!;
      children[at]!.stdin.write(`hold ${asked[at]}\n`);
      children[at]!.stdin.flush();
      filling++;
    }
  }
  return {
    pids: children.map((child) => child.pid),
    hold(wanted) {
      goals = ports.map((_, at) => share(wanted, at, ports.length));
      fill();
    },
    fill,
    told: () => newest.reduce(sum, nothing),
    async quit() {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(children.map((child) => child.exited));
    },
  };
}

function share(sessions: number, at: number, holders: number): number {
  return Math.floor(sessions / holders) + (at < sessions % holders ? 1 : 0);
}

const nothing: Told = {
  live: 0,
  onWay: 0,
  refused: 0,
  lost: 0,
  failed: 0,
  pings: 0,
  framesIn: 0,
  bytesIn: 0,
  bytesOut: 0,
};

function sum(one: Told, other: Told): Told {
  const keys = Object.keys(nothing) as (keyof Told)[];
  return Object.fromEntries(keys.map((key) => [key, one[key] + other[key]])) as unknown as Told;
}

async function follow(output: ReadableStream<Uint8Array>, then: (told: Told) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of output) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    const last = lines.at(-1);
    if (last) then(JSON.parse(last) as Told);
  }
}
