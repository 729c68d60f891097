// The generator's processes: started with their jobs, told together, heard one by one.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Subprocess } from "bun";
import type { FromWorker, Job, ToWorker } from "./job.ts";
import { linesOf } from "./lines.ts";
import { LoadProblem } from "./load-problem.ts";

type Said<Word extends FromWorker["say"]> = Extract<FromWorker, { say: Word }>;

interface Worker {
  readonly child: Subprocess<"pipe", "pipe", "inherit">;
  readonly file: string;
}

export class Workers {
  readonly count: number;
  /** Fails when one of them ends before it was asked to. */
  readonly broken: Promise<never>;
  readonly #workers: Worker[] = [];
  readonly #waiting = new Map<string, { left: number; said: FromWorker[]; done: (all: never) => void }>();
  readonly #onSecond: (worker: number, second: Said<"second">) => void;
  #isEnding = false;
  #fail: (error: Error) => void = () => {};

  constructor(
    jobs: readonly Job[],
    folder: string,
    onSecond: (worker: number, second: Said<"second">) => void,
  ) {
    this.count = jobs.length;
    this.#onSecond = onSecond;
    this.broken = new Promise((_, fail) => {
      this.#fail = fail;
    });
    this.broken.catch(() => {});
    for (const job of jobs) this.#start(job, folder);
  }

  /** What all of them answer, in their order. */
  all<Word extends FromWorker["say"]>(word: Word): Promise<Said<Word>[]> {
    const answers = new Promise<Said<Word>[]>((done) => {
      this.#waiting.set(word, { left: this.count, said: [], done: done as (all: never) => void });
    });
    return Promise.race([answers, this.broken]);
  }

  tell(message: ToWorker): void {
    for (const worker of this.#workers) this.#write(worker, message);
  }

  /** Kills them where they do not end by themselves. */
  async end(): Promise<void> {
    this.#isEnding = true;
    for (const { child } of this.#workers) child.stdin.end();
    const timer = setTimeout(() => {
      for (const { child } of this.#workers) child.kill("SIGKILL");
    }, 5_000);
    await Promise.all(this.#workers.map(({ child }) => child.exited));
    clearTimeout(timer);
    for (const { file } of this.#workers) rmSync(file, { force: true });
  }

  #start(job: Job, folder: string): void {
    // It holds tokens.
    const file = join(folder, `job-${process.pid}-${job.worker}.json`);
    writeFileSync(file, JSON.stringify(job), { mode: 0o600 });
    // Thousands of sockets need as many file descriptors as the machine allows.
    const limit = ["sh", "-c", 'ulimit -n "$(ulimit -Hn)" 2>/dev/null; exec "$@"', "sh"];
    const child = Bun.spawn([...limit, process.execPath, join(import.meta.dir, "worker.ts"), file], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
      // Else requests wait in the client, and the server is blamed for it.
      env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: "8192" },
    });
    const worker = { child, file };
    this.#workers.push(worker);
    void this.#hear(job.worker, worker);
    void child.exited.then((code) => {
      if (!this.#isEnding)
        this.#fail(
          new LoadProblem(
            `A process of the generator ended (${child.signalCode ?? code}).`,
            "See above; with many people per process its memory may be the reason: try more --processes.",
          ),
        );
    });
  }

  async #hear(no: number, { child }: Worker): Promise<void> {
    for await (const line of linesOf(child.stdout)) {
      if (!line.startsWith("{")) continue;
      const said = JSON.parse(line) as FromWorker;
      if (said.say === "second") {
        this.#onSecond(no, said);
        continue;
      }
      const waiting = this.#waiting.get(said.say);
      if (!waiting) continue;
      waiting.said[no] = said;
      if (--waiting.left === 0) waiting.done(waiting.said as never);
    }
  }

  #write({ child }: Worker, message: ToWorker): void {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    child.stdin.flush();
  }
}
