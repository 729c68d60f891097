// `./banyan bench`: runs every journey against Banyan and its peers, each in processes of their own, prints the
// table, appends to bench/history.ndjson and, after a full run, writes the figures into README.md.

import { mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Subprocess } from "bun";
import { appendRun, barsOf, commit, type Run, thisMachine, versions } from "./history.ts";
import { type Figures, fullSizes, type Journey, quickSizes, type Sizes } from "./journey.ts";
import type { Job, Outcome } from "./journey-process.ts";
import { journeys } from "./journeys/journeys.ts";
import { terminalTable, writeReadme } from "./report.ts";
import { writeClusterPage } from "./report-cluster.ts";
import type { TargetName } from "./targets/target.ts";
import { targets } from "./targets/targets.ts";

const help = `Usage: ./banyan bench [options]

Measures Banyan and its peers on this machine (about 8 minutes; nothing else should run on it).

  --quick             small sizes and short windows: shows that all works, not how fast it is
  --only a,b          journeys: ${journeys.map(({ name }) => name).join(", ")}, micro
                      (default: all but ${journeys.flatMap((it) => (it.isExtra ? [it.name] : [])).join(", ")})
  --targets a,b       servers: ${Object.keys(targets).join(", ")} (default: all but banyan-cluster)
  --sessions N        idle sessions (default 10,000; with --quick 1,000)
  --online N          sessions in the hot room (default 20,000; with --quick 1,000)
  --gateways N        gateways of banyan-cluster (default 1; storm and hotRoom have at least 2)
  --messaging N       its messaging processes (default 1)
  --nats 1|3          its NATS nodes (default 3)
  --front             HAProxy between its clients and gateways
  --reuse-port        its gateways share one port
  --seed N            for the order of random choices (default: drawn, printed)
  --profile FOLDER    let Banyan's process write a CPU profile there when it stops; a cluster's processes write
                      theirs into their own folders, with --keep
  --keep              keep the data folders under .artifacts
  --no-history        write neither bench/history.ndjson nor README.md
`;

/** A step that takes longer is ended: nothing here may hang. */
const stepWithinMs = 240_000;
const stepWithinMsPerSession = 15;
/** A folder of its own for each run, on the disk where the house lives: a folder in memory would make commits free. */
const folder = join(import.meta.dir, "../.artifacts", `bench-${process.pid}`);
/** The servers have core 0, the driver core 1; where there is one core only, they share it and say so. */
const canPin = process.platform === "linux" && availableParallelism() > 1 && Bun.which("taskset") !== null;
const serverCores = canPin ? "0" : null;
const driverCore = canPin ? "1" : null;

interface Wish {
  readonly sizes: Sizes;
  readonly seed: number;
  readonly only: readonly string[] | null;
  readonly targets: readonly string[] | null;
  readonly keep: boolean;
  readonly history: boolean;
  readonly command: string;
}

export async function bench(args: readonly string[]): Promise<number> {
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
    versions: versions(figures["banyan-cluster"] !== undefined),
    serverCores: serverCores ?? "any",
    driverCore: driverCore ?? "any",
    seconds: Math.round((performance.now() - startedAt) / 1000),
    ...(figures["banyan-cluster"] === undefined ? {} : { cluster: wish.sizes.cluster }),
    figures,
    bars: barsOf(figures.banyan ?? {}),
    warnings: summed(warnings),
  };
  finish(run, wish);
  return failures === 0 ? 0 : 1;
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
  const isMet = (target: string) => wish.targets?.includes(target) ?? target !== "banyan-cluster";
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
    for (const target of journey.targets.filter(isMet)) steps.push(journeyStep(wish, journey, target));
  if (isWanted("micro") && isMet("banyan"))
    steps.push({
      name: "micro",
      title: "Parts by themselves",
      target: "banyan",
      run: () => inProcess("bench/micro/micro.ts", { folder: join(folder, "micro"), sizes: wish.sizes }),
    });
  return steps;
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

function finish(run: Run, wish: Wish): void {
  console.log(`\n${terminalTable(run)}\n`);
  for (const warning of run.warnings) console.log(`! ${warning}`);
  const bars = Object.values(run.bars);
  console.log(
    `${bars.filter(Boolean).length} of ${bars.length} bars met, ${run.seconds} s, commit ${run.commit}`,
  );
  if (run.isQuick) console.log("A quick run: the figures show that the bench works, not how fast Banyan is.");
  if (wish.keep) console.log(`The data folders and logs are kept in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
  if (!wish.history) return;
  appendRun(run);
  writeClusterPage();
  const isWhole = !run.isQuick && wish.only === null && wish.targets === null;
  if (isWhole && !writeReadme())
    console.log("README.md has no marks for the figures; nothing written there.");
}

function read(args: readonly string[]): Wish | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean", default: false },
        only: { type: "string" },
        targets: { type: "string" },
        sessions: { type: "string" },
        seed: { type: "string" },
        online: { type: "string" },
        gateways: { type: "string" },
        messaging: { type: "string" },
        nats: { type: "string" },
        front: { type: "boolean", default: false },
        "reuse-port": { type: "boolean", default: false },
        profile: { type: "string" },
        keep: { type: "boolean", default: false },
        "no-history": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return help;
    if (values.profile) process.env.BENCH_PROFILE = values.profile;
    const sizes = values.quick ? quickSizes : fullSizes;
    const cluster = {
      ...sizes.cluster,
      gateways: whole(values.gateways, sizes.cluster.gateways),
      messaging: whole(values.messaging, sizes.cluster.messaging),
      nats: whole(values.nats, sizes.cluster.nats) === 1 ? (1 as const) : (3 as const),
      front: values.front,
      reusePort: values["reuse-port"],
    };
    const crowd = whole(values.sessions, sizes.crowd);
    return {
      sizes: { ...sizes, crowd, hotOnline: whole(values.online, sizes.hotOnline), cluster },
      seed: whole(values.seed, Date.now() % 1_000_000),
      only: names(values.only, [...journeys.map(({ name }) => name), "micro"]),
      targets: names(values.targets, Object.keys(targets)),
      keep: values.keep,
      history: !values["no-history"],
      command: ["./banyan bench", ...args].join(" "),
    };
  } catch (error) {
    return `${(error as Error).message}\n\n${help}`;
  }
}

function whole(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,7}$/.test(text)) throw new Error(`"${text}" should be a whole number.`);
  return Number(text);
}

function names(text: string | undefined, known: readonly string[]): string[] | null {
  if (text === undefined) return null;
  const given = text.split(",");
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`"${unknown}" is none of ${known.join(", ")}.`);
  return given;
}

if (import.meta.main) process.exit(await bench(process.argv.slice(2)));
