// `./banyan load`: puts people on a Banyan, says what they waited for and whether they missed anything.

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { trustAnybody } from "./api-client.ts";
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

const exit = { well: 0, broken: 1, wrongUse: 2, void: 3, interrupted: 130 };

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
  const interrupt = watchForInterrupts();
  const view = openView(process.stdout, options.isQuiet);
  const devices = planWorld(options.profile, options.people, options.seed).people.reduce(
    (sum, it) => sum + it.devices,
    0,
  );
  const processes = processesFor(options, devices);
  const target = await openTarget(options, devices, (line) => view.say(line));
  let run: RunFile;
  try {
    run = await runLoad(options, target, processes, view, interrupt);
  } finally {
    view.close();
    await target.stop();
  }
  await keep(run, options, processes);
  for (const line of summary(run, options)) console.log(line);
  if (run.audit.verdict === "broken") return exit.broken;
  if (run.generator.saturated) return exit.void;
  return interrupt.happened ? exit.interrupted : exit.well;
}

async function openTarget(
  options: LoadOptions,
  devices: number,
  say: (line: string) => void,
): Promise<LoadTarget> {
  const { url, cluster } = options;
  if (cluster !== null) return (await import("./own-cluster.ts")).clusterIn(cluster);
  if (url === null) {
    say("Starting a server of its own (embedded, an empty data folder) ...");
    return startOwnServer(devices, options.keepLimits);
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

async function keep(run: RunFile, options: LoadOptions, processes: number): Promise<void> {
  const { json, html, history } = options;
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(`${json}.part`, `${JSON.stringify(run)}\n`);
  renameSync(`${json}.part`, json);
  if (history !== null) await gatherHistory(history, processes);
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
