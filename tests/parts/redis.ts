// A Redis of its own for a test: on a free port, with a folder of its own; killed, paused, restarted as wanted.

import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binaryOf } from "#ops/cluster/binaries.ts";
import { endWithTests } from "./ending.ts";
import { freePorts } from "./ports.ts";
import { until } from "./until.ts";

export interface RedisPart {
  readonly port: number;
  readonly url: string;
  kill9(): Promise<void>;
  pause(): void;
  resume(): void;
  /** With `start` after `kill9` it comes back empty: it keeps nothing on disk. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** One inline command, as a person at a terminal gives it; the answer as it came. */
  command(line: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<RedisPart> {
  const folder = mkdtempSync(join(tmpdir(), "banyan-redis-"));
  const [port] = freePorts(1) as [number];
  const command = [binaryOf("redis-server"), "--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder];
  let server: Bun.Subprocess | null = null;

  async function start(): Promise<void> {
    const settings = ["--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", "redis.log"];
    server = Bun.spawn([...command, ...settings], { cwd: folder, stdin: "ignore", stdout: "ignore" });
    const started = server;
    await until("redis-server answers", async () => {
      if (started.exitCode !== null) throw new Error(`redis-server ended with ${started.exitCode}`);
      return (await say(port, "PING").catch(() => "")).startsWith("+PONG");
    });
  }

  async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    server?.kill("SIGCONT");
    server?.kill(signal);
    await server?.exited;
    server = null;
  }

  const forget = () => rmSync(folder, { recursive: true, force: true });
  const letEnd = endWithTests(() => {
    server?.kill("SIGKILL");
    forget();
  });
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill9: () => end("SIGKILL"),
    pause: () => server?.kill("SIGSTOP"),
    resume: () => server?.kill("SIGCONT"),
    start,
    async restart() {
      await end("SIGTERM");
      await start();
    },
    command: (line) => say(port, line),
    async stop() {
      await end("SIGKILL");
      letEnd();
      forget();
    },
  };
}

function say(port: number, line: string): Promise<string> {
  return new Promise((answer, fail) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`${line}\r\nQUIT\r\n`));
    let heard = "";
    socket.on("data", (bytes) => {
      heard += bytes;
    });
    socket.on("end", () => answer(heard));
    socket.on("error", fail);
  });
}
