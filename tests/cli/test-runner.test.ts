// ./banyan test must not call a run good that proved nothing: crashed, silent, skipped or out of time.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { countOfRunner, countOfTests } from "#ops/test/count.ts";
import { type LimitedRun, runLimited } from "#ops/test/run-limited.ts";
import { runBanyan, temporaryFolder } from "#tests/serve-process.ts";

const run = (more: Partial<LimitedRun> = {}): LimitedRun => ({
  exitCode: 0,
  output: "",
  ranOutOfTime: false,
  ...more,
});
const report = (tests: number, failures: number, skipped: number) =>
  `<?xml version="1.0"?>\n<testsuites name="bun test" tests="${tests}" assertions="9" failures="${failures}" skipped="${skipped}" time="1">`;

test("passed and failed tests are counted from the report", () => {
  expect(countOfTests(run(), report(3, 0, 0))).toEqual({ passed: 3, failed: 0, trouble: null });
  expect(countOfTests(run({ exitCode: 1 }), report(5, 2, 0))).toEqual({
    passed: 3,
    failed: 2,
    trouble: null,
  });
});

test("a skipped test, an empty suite, a crash, no report and too long a time are failures", () => {
  expect(countOfTests(run(), report(3, 0, 1))).toEqual({ passed: 2, failed: 1, trouble: "1 skipped" });
  expect(countOfTests(run(), report(0, 0, 0)).failed).toBe(1);
  expect(countOfTests(run({ exitCode: 139 }), report(3, 0, 0)).failed).toBe(1);
  expect(countOfTests(run(), null).failed).toBe(1);
  expect(countOfTests(run({ ranOutOfTime: true, output: "(pass) a\n(pass) b\n" }), null)).toMatchObject({
    passed: 2,
    failed: 1,
  });
});

test("a runner of its own counts by its last line, and fails without one", () => {
  const output = "seed 1\n3 passed, 1 failed\n9 passed, 0 failed\n";
  expect(countOfRunner(run({ output }))).toEqual({ passed: 9, failed: 0, trouble: null });
  expect(countOfRunner(run({ output: "all is well" })).failed).toBe(1);
  expect(countOfRunner(run({ output, exitCode: 1 })).failed).toBe(1);
});

test("a run that takes too long is ended with all that it started", async () => {
  const logPath = join(temporaryFolder(), "log");
  const startedAt = performance.now();
  const script = "sleep 600 & sleep 600 & wait"; // both hold the output that runLimited reads to its end
  const limited = await runLimited(["sh", "-c", script], { cwd: ".", limitMs: 300, logPath, env: {} });
  expect(limited.ranOutOfTime).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test("what runs beside the suites leaves them the processor", async () => {
  const options = { cwd: ".", limitMs: 10_000, logPath: join(temporaryFolder(), "log"), env: {} };
  const [others, last] = [
    await runLimited(["nice"], options),
    await runLimited(["nice"], { ...options, isLast: true }),
  ];
  expect(Number(last.output)).toBe(19);
  expect(Number(others.output)).toBeLessThan(19);
});

test("an unknown suite is refused with the nearest one", async () => {
  const { code, err } = await runBanyan(["test", "house-rule"]);
  expect([code, err]).toEqual([1, expect.stringContaining("Did you mean house-rules?")]);
});

test("a run of one file closes with the one plain line", async () => {
  const { code, out } = await runBanyan(["test", "tests/app/lifecycle.test.ts"]);
  expect(code).toBe(0);
  expect(out.trimEnd().split("\n").at(-1)).toMatch(/^\d+ passed, 0 failed$/);
});
