// From what a test run left behind to numbers. A run that says nothing, or ends badly without a failed test, is a
// failure itself: silence never counts as success, and neither does a skipped test.

import type { LimitedRun } from "#ops/test/run-limited.ts";

export interface Count {
  readonly passed: number;
  readonly failed: number;
  /** Why something failed that is no single test. */
  readonly trouble: string | null;
}

/** `junit` is the report of `bun test`; null where it wrote none. */
export function countOfTests(run: LimitedRun, junit: string | null): Count {
  const totals = junit === null ? fromLines(run.output) : fromReport(junit);
  const failed = totals.failed + totals.skipped;
  return withTrouble(run, totals.passed, failed, totals.skipped > 0 ? `${totals.skipped} skipped` : null);
}

/** For a runner of its own, from the last line `N passed, N failed`. */
export function countOfRunner(run: LimitedRun): Count {
  const lines = [...run.output.matchAll(/^(\d+) passed, (\d+) failed\s*$/gm)];
  const [, passed = "0", failed = "0"] = lines.at(-1) ?? [];
  return withTrouble(run, Number(passed), Number(failed), null);
}

function withTrouble(run: LimitedRun, passed: number, failed: number, known: string | null): Count {
  if (run.ranOutOfTime) return { passed, failed: failed + 1, trouble: "ran out of time" };
  if (failed > 0) return { passed, failed, trouble: known };
  if (run.exitCode !== 0) return { passed, failed: 1, trouble: `ended with exit code ${run.exitCode}` };
  if (passed === 0) return { passed, failed: 1, trouble: "no test ran" };
  return { passed, failed, trouble: null };
}

interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

function fromReport(junit: string): Totals {
  const head = /<testsuites\b[^>]*>/.exec(junit)?.[0] ?? "";
  const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = number("failures") + number("errors");
  const skipped = number("skipped");
  return { passed: number("tests") - failed - skipped, failed, skipped };
}

function fromLines(output: string): Totals {
  const count = (word: string) => output.split("\n").filter((line) => line.startsWith(`(${word})`)).length;
  return { passed: count("pass"), failed: count("fail"), skipped: count("skip") };
}
