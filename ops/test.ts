// ./banyan test: every suite in a process of its own, one after the other, each with a time limit; what only computes
// (a suite's run.ts) runs beside those that come after it. Closes with one plain line `N passed, N failed`; any
// failure, and any suite in which nothing ran, makes the exit code 1.

import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { didYouMean } from "#app/config/nearest.ts";
import { StartProblem } from "#app/start-problem.ts";
import { artifacts, bun, root } from "#ops/root.ts";
import { type Count, countOfRunner, countOfTests } from "#ops/test/count.ts";
import { installWhatTestsNeed } from "#ops/test/install.ts";
import { type LimitedRun, type Limits, runLimited } from "#ops/test/run-limited.ts";
import { findSuites, runnerLimitMs, type Suite, suiteOfFiles } from "#ops/test/suites.ts";

const logs = join(artifacts, "test");

export function define(command: Command): void {
  command
    .argument("[names...]", "Suites (folders of tests/), or files such as tests/cli/start.test.ts.")
    .option("--quick", "Fewer seeds and rounds: TEST_QUICK=1 for tests, --quick for runners.")
    .action((names: string[], { quick }: { quick?: boolean }) => test(names, quick === true));
}

async function test(names: readonly string[], quick: boolean): Promise<void> {
  await mkdir(logs, { recursive: true });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
  const files = names.filter((name) => name.endsWith(".ts"));
  const suites = chosen(
    names.filter((name) => !name.endsWith(".ts")),
    files.length > 0,
  );
  if (files.length > 0) suites.push(suiteOfFiles(files.map(asPath)));
  const installed = installWhatTestsNeed();
  const counts: Count[] = [];
  const beside: Promise<Count>[] = [];
  for (const suite of suites) {
    if (suite.needsParts) await installed;
    if (suite.paths.length > 0) counts.push(await runTests(suite, quick));
    if (suite.runner !== null) beside.push(runRunner(suite.name, suite.runner, quick));
  }
  counts.push(...(await Promise.all(beside)));
  await installed;
  const passed = sum(counts.map((count) => count.passed));
  const failed = sum(counts.map((count) => count.failed));
  if (failed > 0) process.exitCode = 1;
  console.log(`${passed} passed, ${failed} failed`);
}

function chosen(names: readonly string[], hasFiles: boolean): Suite[] {
  const suites = findSuites();
  if (names.length === 0) return hasFiles ? [] : [...suites];
  const known = suites.map((suite) => suite.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new StartProblem(
      `There is no test suite ${unknown}.${didYouMean(unknown, known)}`,
      `The suites are ${known.join(", ")}.`,
    );
  return suites.filter((suite) => names.includes(suite.name));
}

async function runTests({ name, paths, limitMs, env }: Suite, quick: boolean): Promise<Count> {
  const missing = paths.find((path) => !existsSync(resolve(root, path)));
  if (missing !== undefined)
    throw new StartProblem(`There is no ${missing}.`, "`bun test` would pass over it in silence.");
  const report = join(logs, `${name}.xml`);
  await rm(report, { force: true });
  const reporting = ["--reporter=junit", `--reporter-outfile=${report}`];
  const flags = ["--no-orphans", "--preload", "./tests/preload.ts", "--timeout=30000", ...reporting];
  const command = [bun, "test", ...flags, ...paths];
  return told(name, { limitMs, env }, quick, command, async (run) => {
    const junit = Bun.file(report);
    return countOfTests(run, (await junit.exists()) ? await junit.text() : null);
  });
}

function runRunner(name: string, path: string, quick: boolean): Promise<Count> {
  const command = [bun, path, ...(quick ? ["--quick"] : [])];
  const limits = { limitMs: runnerLimitMs, env: {}, isLast: true };
  return told(`${name}-run`, limits, quick, command, async (run) => countOfRunner(run));
}

async function told(
  name: string,
  limits: Omit<Limits, "cwd" | "logPath">,
  quick: boolean,
  command: readonly string[],
  countOf: (run: LimitedRun) => Promise<Count>,
): Promise<Count> {
  const logPath = join(logs, `${name}.log`);
  await rm(logPath, { force: true });
  const startedAt = performance.now();
  const env = { ...limits.env, ...(quick ? { TEST_QUICK: "1" } : {}) };
  const run = await runLimited(command, { ...limits, cwd: root, logPath, env });
  const count = await countOf(run);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (count.failed > 0) console.log(failures(run.output));
  const trouble = count.trouble === null ? "" : `  (${count.trouble})`;
  const mark = count.failed > 0 ? "FAILED" : "ok    ";
  console.log(
    `${mark}  ${name.padEnd(16)} ${count.passed} of ${count.passed + count.failed}  ${seconds} s${trouble}`,
  );
  return count;
}

/** The output without the lines of what passed; long ones are cut, the file in .artifacts/test has everything. */
function failures(output: string): string {
  const lines = output.split("\n").filter((line) => !line.startsWith("(pass)"));
  return lines.length > 300 ? ["...", ...lines.slice(-300)].join("\n") : lines.join("\n");
}

function asPath(file: string): string {
  return file.startsWith("/") || file.startsWith("./") ? file : `./${file}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
