// The parts by themselves: codecs, hub, what is answered from memory, group commit. Run by `./banyan bench --only micro`.

import { mkdirSync } from "node:fs";
import type { Sizes } from "#bench/journey.ts";
import type { Outcome } from "#bench/journey-process.ts";
import { codecFigures } from "./codec.ts";
import { fanOutFigures } from "./fan-out.ts";
import { groupCommitFigures } from "./group-commit.ts";
import { hitFigures } from "./hits.ts";

if (import.meta.main) {
  const { folder, sizes } = JSON.parse(process.argv[2]!) as { folder: string; sizes: Sizes };
  mkdirSync(folder, { recursive: true });
  const inMemory = { ...codecFigures(), ...fanOutFigures(), ...(await hitFigures()) };
  const figures = { ...inMemory, ...(await groupCommitFigures(folder, sizes)) };
  const outcome: Outcome = { figures, warnings: [] };
  process.stdout.write(`${JSON.stringify(outcome)}\n`, () => process.exit(0));
}
