// One process of ./banyan serve for tests: ready when it says so in its log, never after a pause. What was started,
// and each temporary folder, is gone with the test process at latest.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { endWithTests } from "./parts/ending.ts";

export interface ServeOptions {
  readonly dataDir: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** More flags of ./banyan serve; a later flag wins. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly readyWithinMs: number;
  /** Another program than ./banyan, such as a compiled one. */
  readonly program: string | undefined;
}

export interface ServeProcess {
  readonly pid: number;
  /** Without a slash at the end. */
  readonly url: string;
  /** From the start of the process to its ready line, as seen from outside. */
  readonly readyAfterMs: number;
  readonly lines: Lines;
  /** Where it still runs: sends the signal; answers the exit code. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number>;
}

const root = join(import.meta.dir, "..");
const living = new Set<Subprocess>();
const temporary = new Set<string>();

endWithTests(() => {
  for (const child of living) child.kill("SIGKILL");
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

export async function startProcess(options: ServeOptions): Promise<ServeProcess> {
  const startedAt = performance.now();
  const flags = ["--data-dir", options.dataDir, "--port", String(options.port), "--log-format", "json"];
  const child = Bun.spawn([options.program ?? join(root, "banyan"), "serve", ...flags, ...options.args], {
    env: environment(options.env),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  living.add(child);
  void child.exited.then(() => living.delete(child));
  const lines = new Lines();
  const url = await readyUrl(child, lines, options.readyWithinMs).catch(async (error) => {
    child.kill("SIGKILL");
    await child.exited;
    throw new Error(`The server did not start: ${error}\n${lines.all.join("\n")}`);
  });
  return {
    pid: child.pid,
    url,
    lines,
    readyAfterMs: performance.now() - startedAt,
    end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return child.exited;
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

/** Removes a folder that `temporaryFolder` made; leaves any other alone. */
export function removeTemporary(folder: string): void {
  if (temporary.delete(folder)) rmSync(folder, { recursive: true, force: true });
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
export class Lines {
  readonly all: string[] = [];
  readonly #waiting = new Set<() => void>();

  add(line: string): void {
    this.all.push(line);
    for (const look of [...this.#waiting]) look();
  }

  /** The first line from `from` on that fits. */
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
