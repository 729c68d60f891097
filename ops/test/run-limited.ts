// Runs a program with a time limit, keeps its output in a file and hands it back. When the time is over the whole
// family of processes is ended, so that nothing of one suite reaches the next.

import { createWriteStream } from "node:fs";
import { asLast, leaveOthersFirst } from "#ops/test/last-in-line.ts";

export interface LimitedRun {
  readonly exitCode: number;
  readonly output: string;
  readonly ranOutOfTime: boolean;
}

/** Somebody who left the family may hold the output open for ever. */
const lastWordsMsMax = 3_000;

export interface Limits {
  readonly cwd: string;
  readonly limitMs: number;
  readonly logPath: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs beside others, on what they leave of the machine. */
  readonly isLast?: boolean;
}

export async function runLimited(command: readonly string[], options: Limits): Promise<LimitedRun> {
  const child = Bun.spawn(options.isLast ? asLast(command) : [...command], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  if (options.isLast) leaveOthersFirst(child.pid);
  const endFamily = () => endGroup(child.pid);
  process.once("exit", endFamily);
  let ranOutOfTime = false;
  const timer = setTimeout(() => {
    ranOutOfTime = true;
    endFamily();
  }, options.limitMs);
  const log = createWriteStream(options.logPath, { flags: "a" });
  const chunks: string[] = [];
  const keep = (text: string) => {
    chunks.push(text);
    log.write(text);
  };
  const drained = Promise.all([drain(child.stdout, keep), drain(child.stderr, keep)]);
  const exitCode = await child.exited;
  clearTimeout(timer);
  endFamily();
  await atMost(lastWordsMsMax, drained);
  process.off("exit", endFamily);
  await new Promise<void>((done) => log.end(done));
  return { exitCode, output: chunks.join(""), ranOutOfTime };
}

async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, limitMs);
  await Promise.race([work, over.promise]);
  clearTimeout(timer);
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Nobody of it is left.
  }
}

async function drain(stream: ReadableStream<Uint8Array>, then: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) then(decoder.decode(chunk, { stream: true }));
}
