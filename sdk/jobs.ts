// Reads over HTTP that nobody waits for: each key once, some at a time, tried again after backoff until they
// are answered, and at once when a new connection shows that the server is back.

import { backoffMs } from "./backoff.ts";
import { maxima } from "./maxima.ts";
import type { Answer } from "./refusals.ts";
import { passes } from "./refusals.ts";
import type { Chance, Clock } from "./types.ts";

interface Job {
  readonly work: () => Answer<unknown>;
  isRunning: boolean;
  attempt: number;
  cancelRetry: (() => void) | null;
}

export class Jobs {
  #jobs = new Map<string, Job>();
  #running = 0;

  constructor(readonly parts: { clock: Clock; chance: Chance }) {}

  /** `work` may be asked for several times; its refusal is final unless it passes by itself. */
  run(key: string, work: () => Answer<unknown>): void {
    if (this.#jobs.has(key) || this.#jobs.size >= maxima.jobsMax) return;
    this.#jobs.set(key, { work, isRunning: false, attempt: 0, cancelRetry: null });
    this.#pump();
  }

  /** The server is there: those that wait after a failure need not wait longer. */
  hurry(): void {
    for (const job of this.#jobs.values()) {
      job.cancelRetry?.();
      job.cancelRetry = null;
    }
    this.#pump();
  }

  clear(): void {
    for (const job of this.#jobs.values()) job.cancelRetry?.();
    this.#jobs.clear();
  }

  #pump(): void {
    for (const [key, job] of this.#jobs) {
      if (this.#running >= maxima.jobsAtOnceMax) return;
      if (!job.isRunning && !job.cancelRetry) void this.#start(key, job);
    }
  }

  async #start(key: string, job: Job): Promise<void> {
    job.isRunning = true;
    this.#running++;
    const answer = await job.work();
    this.#running--;
    job.isRunning = false;
    if (this.#jobs.get(key) === job) {
      if (answer.ok || !passes(answer.refusal.code)) this.#jobs.delete(key);
      else this.#retry(job, answer.refusal.retryAfterMs);
    }
    this.#pump();
  }

  #retry(job: Job, hintMs: number | undefined): void {
    const waitMs = Math.max(hintMs ?? 0, backoffMs(job.attempt++, this.parts.chance));
    job.cancelRetry = this.parts.clock.after(waitMs, () => {
      job.cancelRetry = null;
      this.#pump();
    });
  }
}
