// NATS as an operator has it: one server, or a cluster of three joined by routes, on free ports, with its files in a
// temporary folder. Nodes can be killed, paused and started anew at the same address.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binaryOf } from "#ops/cluster/binaries.ts";
import { endWithTests } from "./ending.ts";
import { freePorts } from "./ports.ts";
import { until } from "./until.ts";

export interface NatsNode {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** Dies at once, without a word. */
  kill9(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends where it runs, and starts again at the same address with the same files. */
  restart(): Promise<void>;
}

export interface NatsPart {
  readonly urls: readonly string[];
  readonly nodes: readonly NatsNode[];
  close(): Promise<void>;
}

export interface NatsWish {
  readonly nodes?: 1 | 3;
  readonly jetstream?: boolean;
  /** Kept when given; else a temporary folder that is taken away. */
  readonly dataDir?: string;
  /** Lines for each node's configuration. */
  readonly configuration?: string;
}

const startWithinMs = 20_000;

export async function startNats(wish: NatsWish = {}): Promise<NatsPart> {
  const folder = wish.dataDir ?? mkdtempSync(join(tmpdir(), "banyan-nats-"));
  const count = wish.nodes ?? 1;
  const ports = freePorts(count * 3);
  const routes = Array.from({ length: count }, (_, i) => ports[count + i]!);
  const nodes = Array.from({ length: count }, (_, i) => {
    const place = { client: ports[i]!, route: routes[i]!, monitor: ports[2 * count + i]! };
    return new Node(`n${i + 1}`, join(folder, `n${i + 1}`), place, count > 1 ? routes : [], wish);
  });
  const forget = () => {
    if (wish.dataDir === undefined) rmSync(folder, { recursive: true, force: true });
  };
  const letEnd = endWithTests(() => {
    for (const node of nodes) node.end();
    forget();
  });
  const close = async () => {
    await Promise.all(nodes.map((node) => node.kill9()));
    letEnd();
    forget();
  };
  try {
    await Promise.all(nodes.map((node) => node.start(true)));
  } catch (error) {
    await close();
    throw error;
  }
  return { urls: nodes.map((node) => node.url), nodes, close };
}

interface Place {
  readonly client: number;
  readonly route: number;
  readonly monitor: number;
}

class Node implements NatsNode {
  readonly url: string;
  readonly #configuration: string;
  readonly #monitor: string;
  #process: Bun.Subprocess | null = null;

  constructor(
    readonly name: string,
    readonly folder: string,
    place: Place,
    readonly routes: readonly number[],
    readonly wish: NatsWish,
  ) {
    this.url = `nats://127.0.0.1:${place.client}`;
    this.#monitor = `http://127.0.0.1:${place.monitor}`;
    mkdirSync(folder, { recursive: true });
    this.#configuration = join(folder, "nats.conf");
    writeFileSync(this.#configuration, configuration(this, place));
  }

  get pid(): number {
    if (!this.#process) throw new Error(`${this.name} does not run`);
    return this.#process.pid;
  }

  /** `joined`: waits for a route to each of the others too. */
  async start(joined: boolean): Promise<void> {
    const log = Bun.file(join(this.folder, "log"));
    const command = [binaryOf("nats-server"), "-c", this.#configuration];
    this.#process = Bun.spawn(command, { stdin: "ignore", stdout: log, stderr: log });
    await this.#ready(this.#process, log, joined);
  }

  end(): void {
    this.#process?.kill("SIGKILL");
  }

  async kill9(): Promise<void> {
    this.end();
    await this.#process?.exited;
    this.#process = null;
  }

  pause(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  resume(): void {
    process.kill(this.pid, "SIGCONT");
  }

  async restart(): Promise<void> {
    this.#process?.kill("SIGTERM");
    await this.#process?.exited;
    await this.start(false);
  }

  async #ready(running: Bun.Subprocess, log: Bun.BunFile, joined: boolean): Promise<void> {
    try {
      const look = async () => running.exitCode !== null || (await this.#isReady(joined));
      await until(`NATS ${this.name} serves`, look, startWithinMs);
    } catch (cause) {
      throw new Error(`NATS ${this.name} did not start: ${await log.text()}`, { cause });
    }
    if (running.exitCode !== null) throw new Error(`NATS ${this.name} ended: ${await log.text()}`);
  }

  async #isReady(joined: boolean): Promise<boolean> {
    try {
      const health = this.wish.jetstream ? "/healthz?js-enabled-only=true" : "/healthz";
      if (!(await fetch(`${this.#monitor}${health}`)).ok) return false;
      if (!joined || this.routes.length === 0) return true;
      const { routes } = (await (await fetch(`${this.#monitor}/routez`)).json()) as Routez;
      return new Set((routes ?? []).map((route) => route.remote_id)).size === this.routes.length - 1;
    } catch {
      return false;
    }
  }
}

interface Routez {
  readonly routes?: readonly { readonly remote_id: string }[];
}

function configuration(node: Node, place: Place): string {
  const lines = [
    `server_name: ${node.name}`,
    `listen: 127.0.0.1:${place.client}`,
    `http: 127.0.0.1:${place.monitor}`,
    "max_payload: 8MB",
    'write_deadline: "2s"',
    node.wish.configuration ?? "",
  ];
  if (node.wish.jetstream) lines.push(`jetstream { store_dir: "${join(node.folder, "jetstream")}" }`);
  if (node.routes.length > 0) {
    const routes = node.routes.map((port) => `nats://127.0.0.1:${port}`).join(", ");
    lines.push(`cluster { name: test, listen: 127.0.0.1:${place.route}, routes: [${routes}] }`);
  }
  return lines.join("\n");
}
