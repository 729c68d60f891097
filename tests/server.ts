// A real server for tests: ./banyan serve in a process of its own, on a free port and a temporary data directory.
// Ready when it says so in its log, never after a pause; what was started is ended with the test process at latest.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";

export interface ServerOptions {
  /** Kept by the caller; without one a temporary folder is made and removed at stop. */
  readonly dataDir?: string;
  /** More flags of ./banyan serve; a later flag wins. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly readyWithinMs?: number;
  /** Another program than ./banyan, such as a compiled one. */
  readonly program?: string;
}

export interface TestServer {
  /** Without a slash at the end; stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  readonly pid: number;
  /** From the start of the process to its ready line, as seen from outside. */
  readonly readyAfterMs: number;
  /** Everything that it has written since it was (re)started. */
  output(): string;
  /** Waits until a line of its log, from the (re)start on or after `from`, holds the text. */
  said(text: string, withinMs?: number, from?: number): Promise<string>;
  /** SIGTERM, then waits for the end; answers the exit code. Removes a temporary folder. */
  stop(): Promise<number>;
  /** SIGKILL, as a crash; the folder stays, for `restart`. */
  kill(): Promise<void>;
  /** The same folder and port; stops it first when it still runs. */
  restart(): Promise<void>;
}

interface Running {
  readonly process: Subprocess<"ignore", "pipe", "pipe">;
  readonly url: string;
  readonly readyAfterMs: number;
  readonly output: () => string;
  readonly said: (text: string, withinMs: number, from: number) => Promise<string>;
}

const root = join(import.meta.dir, "..");
const living = new Set<Subprocess>();
const temporary = new Set<string>();

process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? temporaryFolder();
  let running = await launch(options, dataDir, 0);
  const port = Number(new URL(running.url).port);
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    if (running.process.exitCode === null && running.process.signalCode === null)
      running.process.kill(signal);
    return running.process.exited;
  };
  return {
    url: running.url,
    port,
    dataDir,
    get pid() {
      return running.process.pid;
    },
    get readyAfterMs() {
      return running.readyAfterMs;
    },
    output: () => running.output(),
    said: (text, withinMs = 10_000, from = 0) => running.said(text, withinMs, from),
    async stop() {
      const code = await end("SIGTERM");
      if (temporary.delete(dataDir)) rmSync(dataDir, { recursive: true, force: true });
      return code;
    },
    async kill() {
      await end("SIGKILL");
    },
    async restart() {
      await end("SIGTERM");
      running = await launch(options, dataDir, port);
    },
  };
}

/** Runs ./banyan to its end, for verbs and for starts that fail. */
export async function runBanyan(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; out: string; err: string }> {
  const child = Bun.spawn([join(root, "banyan"), ...args], {
    env: environment(env),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  living.add(child);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  living.delete(child);
  return { code, out, err };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "banyan-test-"));
  temporary.add(folder);
  return folder;
}

async function launch(options: ServerOptions, dataDir: string, port: number): Promise<Running> {
  const startedAt = performance.now();
  const flags = ["--data-dir", dataDir, "--port", String(port), "--log-format", "json"];
  const child = Bun.spawn(
    [options.program ?? join(root, "banyan"), "serve", ...flags, ...(options.args ?? [])],
    {
      env: environment(options.env ?? {}),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  living.add(child);
  void child.exited.then(() => living.delete(child));
  const lines = new Lines();
  const output = () => lines.all.join("\n");
  const url = await readyUrl(child, lines, options.readyWithinMs ?? 20_000).catch(async (error) => {
    child.kill("SIGKILL");
    await child.exited;
    throw new Error(`The server did not start: ${error}\n${output()}`);
  });
  const said = (text: string, withinMs: number, from: number) =>
    lines.first((line) => line.includes(text), withinMs, from);
  return { process: child, url, output, said, readyAfterMs: performance.now() - startedAt };
}

/** Variables of the developer's own environment must not change what tests see. */
function environment(more: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("BANYAN_"));
  return { ...Object.fromEntries(inherited), ...more };
}

async function readyUrl(
  child: Subprocess<"ignore", "pipe", "pipe">,
  lines: Lines,
  withinMs: number,
): Promise<string> {
  const outEnds = eachLine(child.stdout, (line) => lines.add(line));
  const errEnds = eachLine(child.stderr, (line) => lines.add(line));
  const ended = Promise.all([child.exited, outEnds, errEnds]).then(([code]) => {
    throw new Error(`The server ended (exit code ${code}) before it was ready.`);
  });
  ended.catch(() => {}); // an end after it was ready is no failure of the start
  const line = await Promise.race([lines.first((it) => urlOfReadyLine(it) !== null, withinMs, 0), ended]);
  return urlOfReadyLine(line)!;
}

/** What a process has written, for those who wait for a line of it. */
class Lines {
  readonly all: string[] = [];
  readonly #waiting = new Set<() => void>();

  add(line: string): void {
    this.all.push(line);
    for (const look of [...this.#waiting]) look();
  }

  first(fits: (line: string) => boolean, withinMs: number, from: number): Promise<string> {
    return new Promise((found, failed) => {
      const late = setTimeout(() => {
        this.#waiting.delete(look);
        failed(new Error(`The awaited line did not come within ${withinMs} ms.\n${this.all.join("\n")}`));
      }, withinMs);
      const look = () => {
        const line = this.all.slice(from).find(fits);
        if (line === undefined) return;
        clearTimeout(late);
        this.#waiting.delete(look);
        found(line);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

function urlOfReadyLine(line: string): string | null {
  if (!line.includes('"msg":"ready"')) return null;
  const { url } = JSON.parse(line) as { url?: string };
  return url === undefined ? null : url.replace(/\/$/, "");
}

async function eachLine(stream: ReadableStream<Uint8Array>, then: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) then(line);
  }
  if (rest !== "") then(rest);
}
