// Clients who only listen, in a process of their own: one process may have no more sockets than files, and a crowd of
// twenty thousand is more than that. Takes its job as JSON, says when all are live, and when asked what they have got.

import { gather } from "./crowd.ts";
import type { Seat } from "./dialect.ts";
import { banyanBinary } from "./dialect-banyan.ts";

export interface ListenersJob {
  readonly ports: readonly number[];
  readonly tokens: readonly string[];
  /** Every so many are looked into. */
  readonly sampleEvery: number;
}

export interface Heard {
  /** Deliveries of each client. */
  readonly counts: readonly number[];
  /** Who saw which message when, by the machine's clock. */
  readonly seen: readonly (readonly [op: number, atMs: number])[];
  /** Connections that ended, and why. */
  readonly lost: Readonly<Record<string, number>>;
  readonly cpuMs: number;
}

export interface Listeners {
  /** What they have got so far. */
  heard(): Promise<Heard>;
  stop(): void;
}

export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Fulfils when all are live. */
export async function startListeners(job: ListenersJob): Promise<Listeners> {
  const child = Bun.spawn([process.execPath, import.meta.path], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = linesOf(child.stdout);
  child.stdin.write(`${JSON.stringify(job)}\n`);
  child.stdin.flush();
  const first = await lines.next();
  if (first.value !== "live") throw new Error("the listeners did not all come");
  return {
    async heard() {
      child.stdin.write("heard\n");
      child.stdin.flush();
      return JSON.parse((await lines.next()).value as string) as Heard;
    },
    stop: () => child.kill("SIGKILL"),
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

if (import.meta.main) {
  const asked = linesOf(Bun.stdin.stream());
  const job = JSON.parse((await asked.next()).value as string) as ListenersJob;
  const dialect = banyanBinary(0);
  const seats: Seat[] = job.tokens.map((token) => ({ token, places: [] }));
  const seen: [number, number][] = [];
  const ear = {
    acked() {},
    refused() {},
    delivered(link: { deliveries: number }, count: number) {
      link.deliveries += count;
    },
    saw: (_: unknown, op: number) => void seen.push([op, epochMs()]),
  };
  const crowd = await gather({
    port: job.ports[0]!,
    ports: job.ports,
    dialect,
    seats,
    ear,
    withinMs: 180_000,
  });
  crowd.links.forEach((link, i) => {
    link.sampled = i % job.sampleEvery === 0;
  });
  console.log("live");
  for await (const _ of asked) {
    const { user, system } = process.cpuUsage();
    const lost = Object.fromEntries(crowd.lost);
    const counts = crowd.links.map((link) => link.deliveries);
    const heard: Heard = { counts, seen: seen.splice(0), lost, cpuMs: (user + system) / 1000 };
    console.log(JSON.stringify(heard));
  }
  // Whoever started us is gone.
  process.exit(0);
}
