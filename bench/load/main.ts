// `./banyan load`: puts people on a Banyan, says what they waited for and whether they missed anything.

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { trustAnybody } from "./api-client.ts";
import { socketsOfOneServerMax } from "./descriptors.ts";
import { gatherHistory } from "./gather-history.ts";
import { LoadProblem } from "./load-problem.ts";
import { help, type LoadOptions, processesFor, readOptions } from "./options.ts";
import { startOwnServer } from "./own-server.ts";
import { type Interrupt, runLoad } from "./run.ts";
import type { RunFile } from "./run-file.ts";
import { watchMetrics } from "./server-watch.ts";
import { summary } from "./summary.ts";
import { doorsOf, type LoadTarget } from "./target.ts";
import { openView } from "./view.ts";
import { planWorld } from "./world.ts";

const exit = { well: 0, broken: 1, wrongUse: 2, void: 3, undecided: 4, interrupted: 130 };

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === "report") return (await import("./report/report.ts")).report(args.slice(1));
  if (args[0] === "compare") return (await import("./report/compare.ts")).compare(args.slice(1));
  if (args[0] === "check") return (await import("#bench/checker/check.ts")).check(args.slice(1));
  const options = readOptions(args);
  if (options === null) {
    console.log(help);
    return exit.well;
  }
  if (options.isInsecure) trustAnybody();
  const checker = options.isChecked ? await builtChecker() : null;
  const interrupt = watchForInterrupts();
  const view = openView(process.stdout, options.isQuiet);
  const devices = planWorld(options.profile, options.people, options.seed).people.reduce(
    (sum, it) => sum + it.devices,
    0,
  );
  const sessions = Math.ceil(devices * options.profile.online);
  const processes = processesFor(options, sessions);
  const target = await openTarget(options, sessions, (line) => view.say(line));
  let run: RunFile;
  try {
    run = await runLoad(options, target, processes, view, interrupt);
  } finally {
    view.close();
    await target.stop();
  }
  if (options.history !== null) await gatherHistory(options.history, processes);
  if (checker !== null) run = { ...run, checker: await judged(checker, options.history!) };
  await keep(run, options);
  for (const line of summary(run, options)) console.log(line);
  if (run.audit.verdict === "broken" || run.checker?.verdict === "broken") return exit.broken;
  if (run.generator.saturated) return exit.void;
  if (run.checker?.verdict === "undecided") return exit.undecided;
  return interrupt.happened ? exit.interrupted : exit.well;
}

async function openTarget(
  options: LoadOptions,
  sessions: number,
  say: (line: string) => void,
): Promise<LoadTarget> {
  const { url, cluster } = options;
  if (cluster !== null) return (await import("./own-cluster.ts")).clusterIn(cluster, sessions);
  if (url === null) {
    const most = socketsOfOneServerMax();
    if (sessions > most)
      throw new LoadProblem(
        `${sessions.toLocaleString("en")} sessions at a time are more than one server process may hold here (${most.toLocaleString("en")}, by ulimit -Hn).`,
        `Take a lower --count, or a cluster: ./banyan cluster up --gateways ${Math.ceil(sessions / most)}, then --cluster .banyan-cluster.`,
      );
    say("Starting a server of its own (embedded, an empty data folder) ...");
    return startOwnServer(sessions, options.keepLimits);
  }
  const urls = url.split(",");
  const doors = (await Promise.all(urls.map((one) => doorsOf(one, options.isInsecure)))).flat();
  const sources = options.metrics.length > 0 ? options.metrics : urls.map((one) => `${one}/metrics`);
  const metrics = { sources, token: options.metricsToken };
  return {
    url: urls[0]!,
    doors,
    topology: urls.length > 1 ? `${urls.length} doors` : "by URL",
    watch: watchMetrics(metrics),
    metrics,
    database: null,
    faults: {},
    async stop() {},
  };
}

/** Before the load: nobody waits for a run that cannot be judged. */
async function builtChecker(): Promise<string> {
  const program = (await import("#bench/checker/check.ts")).buildChecker();
  if (typeof program === "string") return program;
  throw new LoadProblem(program.problem, program.remedy);
}

async function judged(program: string, history: string): Promise<NonNullable<RunFile["checker"]>> {
  const { code, lines } = await (await import("#bench/checker/check.ts")).judge(program, history);
  return { verdict: code === 0 ? "clean" : code === 1 ? "broken" : "undecided", lines: lines.slice(-20) };
}

async function keep(run: RunFile, { json, html }: LoadOptions): Promise<void> {
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(`${json}.part`, `${JSON.stringify(run)}\n`);
  renameSync(`${json}.part`, json);
  if (html === null) return;
  const { reportPage } = await import("./report/report-page.ts");
  mkdirSync(dirname(html), { recursive: true });
  writeFileSync(html, await reportPage(run));
}

/** The first ends the load and keeps what was found; the second ends everything. */
function watchForInterrupts(): Interrupt {
  const state = { happened: false };
  let firstAt = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      // One Ctrl-C comes twice: from the terminal, and from the verb's own process.
      if (state.happened && performance.now() - firstAt < 500) return;
      if (state.happened) process.exit(exit.interrupted);
      state.happened = true;
      firstAt = performance.now();
    });
  return state;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof LoadProblem) {
    console.error(`banyan: ${error.message}\n        ${error.remedy}`);
    process.exitCode = exit.wrongUse;
  } else {
    console.error(error);
    process.exitCode = 70;
  }
}
// Whatever is still open is of no use to anybody.
process.exit();
