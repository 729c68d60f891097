// A real HAProxy in front of whatever a test has started: its configuration is the one that operators get, with
// shorter times. It tells through its own socket what it thinks of the servers behind it.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binaryOf } from "#ops/cluster/binaries.ts";
import { haproxyConfig } from "#ops/cluster/haproxy-config.ts";
import type { HaproxySpec } from "#ops/cluster/haproxy-spec.ts";
import { until } from "#tests/parts/until.ts";

export interface ServerFigures {
  readonly status: string;
  readonly sessions: number;
  readonly sessionsEver: number;
  readonly weight: number;
}

export interface HaproxyPart {
  /** Of the process that serves; a reload starts another. */
  pid(): Promise<number>;
  output(): string;
  /** What `show stat` says of one server. */
  server(backend: string, name: string): Promise<ServerFigures>;
  /** One line of the stats socket's language. */
  command(line: string): Promise<string>;
  /** As `systemctl reload`: a new process takes over, the old one keeps its sessions. Fulfils when the new one is there. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

export async function startHaproxy(spec: HaproxySpec): Promise<HaproxyPart> {
  const folder = mkdtempSync(join(tmpdir(), "banyan-haproxy-"));
  const socket = join(folder, "stats");
  const file = join(folder, "haproxy.cfg");
  writeFileSync(file, haproxyConfig({ ...spec, statsSocket: socket }));
  const child = Bun.spawn([binaryOf("haproxy"), "-W", "-db", "-f", file], { stdout: "pipe", stderr: "pipe" });
  // The master takes its workers along, also when it is killed.
  const end = () => child.kill("SIGTERM");
  process.once("exit", end);
  let written = "";
  const reading = Promise.all(
    [child.stdout, child.stderr].map((stream) => read(stream, (text) => (written += text))),
  );
  const part: HaproxyPart = {
    pid: async () => Number(/^Pid: (\d+)$/m.exec(await ask(socket, "show info"))![1]),
    output: () => written,
    server: async (backend, name) => figures(await ask(socket, "show stat"), backend, name),
    command: (line) => ask(socket, line),
    async reload() {
      const before = await part.pid();
      child.kill("SIGUSR2");
      await until("a new process", async () => {
        const now = await part.pid().catch(() => before);
        return now !== before;
      });
    },
    async stop() {
      end();
      await child.exited;
      await reading;
      process.off("exit", end);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await answering(part, child).catch(async (error) => {
    await part.stop();
    throw new Error(`HAProxy did not start: ${error}\n${written}`);
  });
  return part;
}

/** Whether HAProxy itself finds a configuration right; what it says when not. */
export async function checkConfig(text: string): Promise<{ ok: boolean; says: string }> {
  const child = Bun.spawn([binaryOf("haproxy"), "-c", "-f", "/dev/stdin"], {
    stdin: new TextEncoder().encode(text),
    stdout: "pipe",
    stderr: "pipe",
  });
  const says = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { ok: (await child.exited) === 0, says: says.join("") };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

async function answering(part: HaproxyPart, child: { exitCode: number | null }): Promise<void> {
  await until("HAProxy answers", async () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    return part.command("show version").catch(() => null);
  });
}

function ask(path: string, line: string): Promise<string> {
  return new Promise((answered, failed) => {
    let text = "";
    const socket = connect(path, () => socket.write(`${line}\n`));
    socket.on("data", (bytes) => {
      text += bytes;
    });
    socket.on("end", () => answered(text));
    socket.on("error", failed);
  });
}

function figures(csv: string, backend: string, name: string): ServerFigures {
  const [titles, ...rows] = csv
    .replace(/^# /, "")
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  const row = rows.find((cells) => cells[0] === backend && cells[1] === name);
  if (!row) throw new Error(`HAProxy knows no server ${name} in ${backend}.`);
  const cell = (title: string) => row[titles!.indexOf(title)]!;
  return {
    status: cell("status"),
    sessions: Number(cell("scur")),
    sessionsEver: Number(cell("stot")),
    weight: Number(cell("weight")),
  };
}

async function read(stream: ReadableStream<Uint8Array>, then: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) then(decoder.decode(chunk, { stream: true }));
}
