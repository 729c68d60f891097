// `./banyan bench model`: fits what a workload costs, predicts it, and checks the prediction against a run.

import { parseArgs } from "node:util";
import { type Stamp, stampOf } from "#bench/scale/record.ts";
import { cells, checks } from "./cells.ts";
import { compare, isWithin, written } from "./check.ts";
import { hasModel, type Model, mutated, predict, readModel, writeModel } from "./coefficients.ts";
import { fitModel } from "./fit.ts";
import { measureAll } from "./measure.ts";
import { type Kept, keepRun, newestRun, type RunKind } from "./runs.ts";
import type { Topology, Workload } from "./workload.ts";

const help = `Usage: ./banyan bench model fit|predict|check [options]

  fit      runs ${cells.length} workloads and writes bench/model/coefficients.json
  predict  says what a workload costs
  check    runs workloads that the model was not fitted on, and compares: each within 20 %

  --topology embedded|cluster   (default embedded)
  --seconds N                   of each workload (default 8)
  --again                       fit, check: from what the last run measured, without a new one
  --workload JSON               predict: {"name","sessions","streams":[{"online","groups","sendsPerSecond"}],
                                "messageBytes","opensPerSecond","reconnectsPerSecond"}
  --mutate PATH=FACTOR          check: with one cost made wrong, such as cpuUs.server.session=3; it must fail
  --seed N
  --quiet                       note that nothing else ran on the machine
`;

export async function model(args: readonly string[]): Promise<number> {
  const [what, ...rest] = args[0] === "model" ? args.slice(1) : args;
  const { values } = parseArgs({
    args: rest,
    options: {
      topology: { type: "string", default: "embedded" },
      seconds: { type: "string", default: "8" },
      again: { type: "boolean", default: false },
      workload: { type: "string" },
      mutate: { type: "string" },
      seed: { type: "string", default: "7226" },
      quiet: { type: "boolean", default: false },
    },
  });
  const topology = values.topology as Topology;
  const seed = Number(values.seed);
  const stamp = stampOf(["./banyan bench model", ...args].join(" "), seed, values.quiet);
  const run = (kind: RunKind, workloads: readonly Workload[]) =>
    values.again
      ? newestRun(kind, topology)
      : measure(kind, topology, workloads, Number(values.seconds), stamp);
  if (what === "fit") return fit(topology, await run("cell", cells), seed);
  if (what === "check") return check(topology, await run("check", checks), values.mutate);
  if (what === "predict" && values.workload) {
    const coefficients = coefficientsOf(readModel(), topology);
    console.log(JSON.stringify(predict(coefficients, JSON.parse(values.workload) as Workload), null, 2));
    return 0;
  }
  console.log(help);
  return what === undefined || what === "--help" ? 0 : 2;
}

async function measure(
  kind: RunKind,
  topology: Topology,
  workloads: readonly Workload[],
  seconds: number,
  stamp: Stamp,
): Promise<Kept[]> {
  const kept: Kept[] = [];
  await measureAll({
    topology,
    // A server that has just started logs whole pages and compiles: one of the known workloads takes that first.
    workloads: kind === "check" ? [...warming, ...workloads] : workloads,
    seconds,
    // Names of messages follow from it: another run must not repeat them.
    seed: stamp.seed + Math.floor(Date.parse(stamp.at) / 1000),
    kept: (measured) => {
      const line: Kept = { ...stamp, kind, topology, ...measured };
      kept.push(line);
      keepRun(line);
    },
  });
  return kept;
}

/** Of those that the model was fitted on: an idle one, one that opens much, and one with everything in it. */
const warming = cells.filter(({ name }) => ["idle 500", "opens 80/s", "mix 2"].includes(name));

function fit(topology: Topology, measured: readonly Kept[], seed: number): number {
  const { coefficients, errors } = fitModel(measured, seed);
  const { at, machine, versions, commit, quiet } = measured.at(-1)!;
  const others: Model = hasModel() ? readModel() : {};
  writeModel({
    ...others,
    [topology]: { measured: { at, machine, versions, seed, commit, quiet }, ...coefficients },
  });
  for (const [what, shares] of Object.entries(errors)) {
    const sizes = shares.map(Math.abs).sort((a, b) => a - b);
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    console.log(
      `${what}: error of the cells p50 ${percent(sizes[sizes.length >> 1]!)}, worst ${percent(sizes.at(-1)!)}`,
    );
  }
  return 0;
}

function check(topology: Topology, measured: readonly Kept[], mutation: string | undefined): number {
  const real = coefficientsOf(readModel(), topology);
  const coefficients = mutation ? mutated(real, mutation) : real;
  let isRight = measured.length > 1;
  measured.forEach((run, at) => {
    if (at === 0 || cells.some(({ name }) => name === run.workload.name)) return;
    const lines = compare(coefficients, run, measured[at - 1]!);
    isRight &&= isWithin(lines);
    console.log(`\n${run.workload.name} (${topology})\n${written(lines)}`);
  });
  console.log(
    isRight ? "\nEvery judged prediction is within 20 %." : "\nThe model is wrong by more than 20 %.",
  );
  return isRight ? 0 : 1;
}

function coefficientsOf(all: Model, topology: Topology) {
  const found = all[topology];
  if (!found)
    throw new Error(
      `There are no coefficients for ${topology}; run ./banyan bench model fit --topology ${topology}.`,
    );
  return found;
}

if (import.meta.main) process.exit(await model(process.argv.slice(2)));
