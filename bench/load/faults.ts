// What breaks during a run, and when: by the profile where the generator can do it, and by the command that it was
// given. Each becomes a phase of the report.

import type { LoadOptions } from "./options.ts";
import type { Phase } from "./run-file.ts";
import type { LoadTarget } from "./target.ts";

interface Planned {
  readonly name: string;
  readonly atMs: number;
  readonly act: () => Promise<string | null>;
}

export class Faults {
  readonly phases: Phase[] = [];
  readonly warnings: string[] = [];
  readonly #planned: Planned[];
  readonly #running = new Set<Promise<void>>();

  constructor(options: LoadOptions, target: LoadTarget) {
    const { profile, rampMs, steadyMs, onFault } = options;
    const planned: Planned[] = [];
    for (const { at, fault } of profile.faults ?? []) {
      const act = target.faults[fault];
      if (act) planned.push({ name: fault, atMs: rampMs + at * steadyMs, act: () => act().then(() => null) });
      else if (onFault === null)
        this.warnings.push(
          `left out: ${fault} (nobody said how; --on-fault "COMMAND", --cluster DIR, or no --url)`,
        );
    }
    if (onFault !== null)
      planned.push({
        name: onFault,
        atMs: rampMs + options.faultAt * steadyMs,
        act: () => shell(onFault),
      });
    this.#planned = planned.sort((a, b) => a.atMs - b.atMs);
  }

  /** Begins what is due by then. */
  due(atMs: number, now: () => number): void {
    while (this.#planned[0] && this.#planned[0].atMs <= atMs) {
      const { name, act } = this.#planned.shift()!;
      const fromMs = now();
      const running = act()
        .then(
          (note) => note,
          (error: unknown) => {
            this.warnings.push(`fault ${name}: ${error instanceof Error ? error.message : error}`);
            return "failed";
          },
        )
        .then((note) => {
          this.phases.push({ name: `fault: ${name}`, fromMs, toMs: now(), ...(note && { note }) });
        });
      this.#running.add(running);
      void running.finally(() => this.#running.delete(running));
    }
  }

  get isUnderWay(): boolean {
    return this.#running.size > 0;
  }

  async over(): Promise<void> {
    await Promise.all(this.#running);
  }
}

/** Its exit code is told where it is not 0. */
async function shell(command: string): Promise<string | null> {
  const child = Bun.spawn(["sh", "-c", command], { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
  const code = await child.exited;
  return code === 0 ? null : `the command ended with exit code ${code}`;
}
