// `./banyan bench`: runs every journey against Banyan and its peers, each in processes of their own, prints the
// table, appends to bench/history.ndjson and, after a full run, writes the figures into README.md and docs/benchmarks.md.

import { mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { allRuns, appendRun, barsOf, commit, type Run, thisMachine, versions } from "./history.ts";
import type { Figures, Journey, Sizes } from "./journey.ts";
import type { Job, Outcome } from "./journey-process.ts";
import { journeys } from "./journeys/journeys.ts";
import { help, read, type Wish } from "./options.ts";
import { paceOf } from "./pace.ts";
import { paceText, terminalTable, writeReadme } from "./report.ts";
import { brokenBudgets } from "./report-budgets.ts";
import { writeClusterPage } from "./report-cluster.ts";
import { showHistory } from "./report-history.ts";
import { writeBenchmarks } from "./report-page.ts";
import { sideBySide } from "./side-by-side.ts";
import { quickTargets, type TargetName } from "./targets/target.ts";
import { targets } from "./targets/targets.ts";

/** A step that takes longer is ended: nothing here may hang. */
const stepWithinMs = 240_000;
const stepWithinMsPerSession = 15;
/** A folder of its own for each run, on the disk where the house lives: a folder in memory would make commits free. */
const folder = join(import.meta.dir, "../.artifacts", `bench-${process.pid}`);
/** The servers have core 0, the driver core 1; where there is one core only, they share it and say so. */
const canPin = process.platform === "linux" && availableParallelism() > 1 && Bun.which("taskset") !== null;
/** The exit code of a run in which all worked and a budget of bench/budgets.json was broken. */
const budgetBroken = 3;
const serverCores = canPin ? "0" : null;
const driverCore = canPin ? "1" : null;

export async function bench(args: readonly string[]): Promise<number> {
  if (args.includes("--history")) return showHistory(args);
  const wish = read(args);
  if (typeof wish === "string") {
    console.log(wish);
    return wish === help ? 0 : 2;
  }
  const startedAt = performance.now();
  const at = new Date().toISOString();
  announce(wish);
  mkdirSync(folder, { recursive: true });
  const figures: Partial<Record<TargetName, Figures>> = {};
  const warnings: string[] = canPin
    ? []
    : ["server and load generator were not pinned to cores of their own"];
  let failures = 0;
  const keep = (target: TargetName, outcome: Outcome) => {
    figures[target] = { ...figures[target], ...outcome.figures };
    warnings.push(...outcome.warnings.map((warning) => `${target}: ${warning}`));
  };
  const attempt = async (what: string, target: TargetName, run: () => Promise<Outcome>) => {
    try {
      keep(target, await run());
    } catch (error) {
      failures++;
      warnings.push(`${target}: ${what} failed: ${(error as Error).message.split("\n")[0]}`);
      console.error(`  ${target}: ! ${what} failed: ${(error as Error).message}`);
    }
  };
  const absent = wish.targets.flatMap((name) => targets[name].missing() ?? []);
  if (absent.length > 0) {
    for (const line of absent) console.error(line);
    return 1;
  }
  for (const line of leftOut(wish)) {
    console.error(line);
    warnings.push(line);
  }
  const interrupted = watchForInterrupts();
  for (const step of plan(wish)) {
    console.error(`\n${step.title}`);
    await attempt(step.name, step.target, step.run);
    if (interrupted()) {
      rmSync(folder, { recursive: true, force: true });
      return 130;
    }
  }
  const run: Run = {
    at,
    command: wish.command,
    isQuick: wish.sizes.isQuick,
    seed: wish.seed,
    commit: commit(),
    machine: thisMachine(),
    versions: versions(figures["banyan-cluster"] !== undefined, Object.keys(figures) as TargetName[]),
    serverCores: serverCores ?? "any",
    driverCore: driverCore ?? "any",
    seconds: Math.round((performance.now() - startedAt) / 1000),
    ...(figures["banyan-cluster"] === undefined ? {} : { cluster: wish.sizes.cluster }),
    figures,
    bars: barsOf(figures),
    warnings: summed(warnings),
  };
  const broken = finish(run, wish);
  if (failures > 0) return 1;
  return broken > 0 ? budgetBroken : 0;
}

/** What seeding and the parts are told. */
interface PartsJob {
  readonly folder: string;
  readonly sizes: Sizes;
}

interface Step {
  readonly name: string;
  readonly title: string;
  readonly target: TargetName;
  run(): Promise<Outcome>;
}

function plan(wish: Wish): Step[] {
  const isWanted = (name: string) => wish.only?.includes(name) ?? true;
  const isMet = (target: TargetName) => wish.targets.includes(target);
  const chosen = journeys.filter(({ name, isExtra }) =>
    isExtra ? wish.only?.includes(name) : isWanted(name),
  );
  const steps: Step[] = [];
  for (const target of ["banyan", "banyan-cluster"] as const) {
    if (!isMet(target) || !chosen.some((it) => it.targets.includes(target) && !it.isDry)) continue;
    const script = target === "banyan" ? "bench/seeding/seed.ts" : "bench/seeding/seed-cluster.ts";
    steps.push({
      name: "seeding",
      title: `Seeding accounts and conversations: ${target}`,
      target,
      run: () => inProcess(script, { folder: join(folder, target), sizes: wish.sizes }),
    });
  }
  for (const journey of chosen)
    for (const target of journey.targets.filter(isMet))
      if (!targets[target].cannot?.[journey.name]) steps.push(journeyStep(wish, journey, target));
  if (isWanted("micro") && isMet("banyan"))
    steps.push({
      name: "micro",
      title: "Parts by themselves",
      target: "banyan",
      run: () => inProcess("bench/micro/micro.ts", { folder: join(folder, "micro"), sizes: wish.sizes }),
    });
  return steps;
}

/** Which journeys a server cannot do, with the reason. */
function leftOut(wish: Wish): string[] {
  const names = journeys.flatMap(({ name }) => ((wish.only?.includes(name) ?? true) ? [name] : []));
  return wish.targets.flatMap((target) =>
    names.flatMap((name) => {
      const why = targets[target].cannot?.[name];
      return why ? [`${target}: ${name} left out: ${why}`] : [];
    }),
  );
}

function journeyStep(wish: Wish, journey: Journey, target: TargetName): Step {
  const job: Job = {
    journey: journey.name,
    target,
    sizes: wish.sizes,
    // Each journey names its messages differently, or the second would be answered as repeats of the first.
    seed: (wish.seed + 7919 * journeys.indexOf(journey)) >>> 0,
    folder: join(folder, target),
    serverCores,
  };
  return {
    name: journey.name,
    title: `${journey.title}: ${target}`,
    target,
    run: () => inProcess("bench/journey-process.ts", job),
  };
}

let underWay: Subprocess | null = null;

/** An interrupted run stops its servers, leaves nothing behind and writes nothing. */
function watchForInterrupts(): () => boolean {
  let isInterrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      isInterrupted = true;
      underWay?.kill("SIGTERM");
    });
  return () => isInterrupted;
}

/** Runs a script on the driver's core with its job as JSON; its last line on stdout is the outcome. */
async function inProcess(script: string, job: Job | PartsJob): Promise<Outcome> {
  const { crowd, hotOnline } = job.sizes;
  const withinMs = stepWithinMs + Math.max(crowd, hotOnline) * stepWithinMsPerSession;
  const pin = driverCore === null ? [] : ["taskset", "-c", driverCore];
  // Thousands of sockets need as many file descriptors as the machine allows.
  const limit = ["sh", "-c", 'ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh"];
  const path = join(import.meta.dir, "..", script);
  const child = Bun.spawn([...limit, ...pin, process.execPath, path, JSON.stringify(job)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    env: process.env,
  });
  underWay = child;
  const timer = setTimeout(() => child.kill("SIGTERM"), withinMs);
  const [output, exitCode] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  clearTimeout(timer);
  const last = output.trim().split("\n").at(-1) ?? "";
  if (exitCode !== 0 || !last.startsWith("{")) throw new Error(`ended with ${child.signalCode ?? exitCode}`);
  return JSON.parse(last) as Outcome;
}

/** That the machine was not quiet is one thing to say, however many windows it spoiled. */
function summed(warnings: readonly string[]): string[] {
  const others = warnings.flatMap((warning) => {
    const found = /other processes worked (\d+) %/.exec(warning);
    return found ? [Number(found[1])] : [];
  });
  if (others.length === 0) return [...warnings];
  const line = `the machine was not quiet: in ${others.length} windows other processes worked up to ${Math.max(...others)} % of a core`;
  return [line, ...warnings.filter((warning) => !warning.includes("other processes worked"))];
}

function announce(wish: Wish): void {
  const machine = thisMachine();
  const cores = canPin
    ? `server on core ${serverCores}, load generator on core ${driverCore}`
    : "nothing pinned";
  console.error(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, kernel ${machine.kernel}; ${cores}; seed ${wish.seed}`,
  );
}

/** The usual table has columns for these only. */
function isInTable(target: TargetName): boolean {
  return quickTargets.includes(target) || target === "banyan-cluster";
}

/** How many budgets the run breaks. */
function finish(run: Run, wish: Wish): number {
  const isUsual = (Object.keys(run.figures) as TargetName[]).every(isInTable);
  console.log(`\n${isUsual ? terminalTable(run) : sideBySide(run)}\n`);
  for (const warning of run.warnings) console.log(`! ${warning}`);
  const pace = paceOf(run.figures);
  if (pace) console.log(paceText(pace));
  const bars = Object.values(run.bars);
  console.log(
    `${bars.filter(Boolean).length} of ${bars.length} bars met, ${run.seconds} s, commit ${run.commit}`,
  );
  const broken = brokenBudgets(run, allRuns());
  for (const { line } of broken) console.log(line);
  if (run.isQuick) console.log("A quick run: the figures show that the bench works, not how fast Banyan is.");
  if (wish.keep) console.log(`The data folders and logs are kept in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
  if (!wish.history) return broken.length;
  appendRun(run);
  writeClusterPage();
  if (!run.isQuick) writeBenchmarks();
  const isWhole = !run.isQuick && wish.only === null && wish.isUsual;
  if (isWhole && !writeReadme())
    console.log("README.md has no marks for the figures; nothing written there.");
  return broken.length;
}

if (import.meta.main) process.exit(await bench(process.argv.slice(2)));
