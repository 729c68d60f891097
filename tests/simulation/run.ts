// Ten thousand small worlds: `bun tests/simulation/run.ts [--from 1] [--seeds 10000] [--quick]`. One process a core;
// a seed that breaks an invariant is printed with what broke, and can be run alone: `--from SEED --seeds 1`.

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { simulate } from "./world.ts";

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    seeds: { type: "string" },
    quick: { type: "boolean", default: false },
    part: { type: "string" },
  },
});
const from = Number(values.from);
const seeds = Number(values.seeds ?? (values.quick ? 500 : 10_000));

if (values.part === undefined) await runAll();
else await runPart(Number(values.part.split("/")[0]), Number(values.part.split("/")[1]));

/** Seeds `from + part`, `from + part + parts`, ... in this process; a line of JSON at the end. */
async function runPart(part: number, parts: number): Promise<void> {
  const sum = { passed: 0, failed: 0, acknowledged: 0, events: 0 };
  for (let seed = from + part; seed < from + seeds; seed += parts) {
    const verdict = await simulate(seed);
    sum.acknowledged += verdict.acknowledged;
    sum.events += verdict.events;
    if (verdict.violations.length === 0) sum.passed++;
    else {
      sum.failed++;
      console.error(`seed ${seed}: ${verdict.violations.slice(0, 5).join("; ")}`);
    }
  }
  console.log(JSON.stringify(sum));
}

async function runAll(): Promise<void> {
  const startedAt = performance.now();
  const parts = Math.min(availableParallelism(), seeds);
  const sums = await Promise.all(
    Array.from({ length: parts }, async (_, part) => {
      const given = ["--from", String(from), "--seeds", String(seeds), "--part", `${part}/${parts}`];
      const child = Bun.spawn([process.execPath, import.meta.path, ...given], {
        stdout: "pipe",
        stderr: "inherit",
      });
      const output = await new Response(child.stdout).text();
      if ((await child.exited) !== 0) throw new Error("a part of the simulation did not end well");
      return JSON.parse(output.trim().split("\n").pop()!) as Record<string, number>;
    }),
  );
  const total = (key: string) => sums.reduce((sum, part) => sum + part[key]!, 0);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${total("acknowledged")} messages acknowledged, ${total("events")} events, ${seconds} s`);
  console.log(`${total("passed")} passed, ${total("failed")} failed`);
  if (total("failed") > 0) process.exitCode = 1;
}
