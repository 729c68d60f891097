// One journey against one server, in a process of its own that is pinned apart from the server's.
// Takes its job as JSON in the first argument, talks on stderr, and writes its outcome as JSON on stdout.

import { mkdirSync } from "node:fs";
import type { Figures, Scene, Sizes } from "./journey.ts";
import { journeys } from "./journeys/journeys.ts";
import type { RunningTarget, TargetName } from "./targets/target.ts";
import { targets } from "./targets/targets.ts";

export interface Job {
  readonly journey: string;
  readonly target: TargetName;
  readonly sizes: Sizes;
  readonly seed: number;
  readonly folder: string;
  readonly serverCores: string | null;
}

export interface Outcome {
  readonly figures: Figures;
  readonly warnings: readonly string[];
}

if (import.meta.main) {
  const job = JSON.parse(process.argv[2]!) as Job;
  const outcome = await perform(job);
  process.stdout.write(`${JSON.stringify(outcome)}\n`, () => process.exit(0));
}

async function perform(job: Job): Promise<Outcome> {
  const journey = journeys.find(({ name }) => name === job.journey)!;
  const target = targets[job.target];
  const warnings: string[] = [];
  const started: RunningTarget[] = [];
  mkdirSync(job.folder, { recursive: true });
  const say = (line: string) => console.error(`  ${line}`);
  const scene: Scene = {
    target,
    sizes: job.sizes,
    seed: job.seed,
    folder: job.folder,
    async start(options) {
      const { cluster } = job.sizes;
      const given = { cores: job.serverCores, folder: job.folder, cluster };
      const server = await target.start({ ...given, ...options });
      started.push(server);
      return server;
    },
    say,
    warn: (line) => {
      warnings.push(`${journey.name}: ${line}`);
      say(`! ${line}`);
    },
  };
  // Whatever happens, no server is left behind.
  const stopAll = () => Promise.all(started.map((server) => server.stop()));
  process.once("SIGTERM", () => void stopAll().then(() => process.exit(143)));
  process.once("SIGINT", () => void stopAll().then(() => process.exit(130)));
  try {
    return { figures: await journey.run(scene), warnings };
  } finally {
    await stopAll();
  }
}
