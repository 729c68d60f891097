// The test suites: each folder of tests/ that holds *.test.ts, or a run.ts of its own, is one. This table gives the
// order (what fails fast comes first) and how long each may take; a folder that is not named here runs last.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { minuteMs } from "#base/units.ts";
import { root } from "#ops/root.ts";

export interface Suite {
  readonly name: string;
  readonly limitMs: number;
  readonly hasTests: boolean;
  /** tests/<name>/run.ts: a runner of its own, which closes with a line `N passed, N failed`. */
  readonly runner: string | null;
}

const minutesOf: Readonly<Record<string, number>> = {
  "house-rules": 3,
  conformance: 3,
  sdk: 3,
  contract: 5,
  laws: 3,
  app: 3,
  cli: 4,
  api: 5,
  hostile: 5,
  simulation: 14,
  scenarios: 10,
  topologies: 5,
  browser: 6,
};
const otherMinutes = 5;

/** All suites in their order, or those named. An unknown name is the caller's to report: it is not in the answer. */
export function findSuites(): readonly Suite[] {
  const order = Object.keys(minutesOf);
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const folders = readdirSync(join(root, "tests"), { withFileTypes: true }).filter((it) => it.isDirectory());
  return folders
    .map((folder) => suiteOf(folder.name))
    .filter((suite) => suite.hasTests || suite.runner !== null)
    .sort((a, b) => place(a.name) - place(b.name) || a.name.localeCompare(b.name));
}

function suiteOf(name: string): Suite {
  const folder = join(root, "tests", name);
  const runner = join(folder, "run.ts");
  return {
    name,
    limitMs: (minutesOf[name] ?? otherMinutes) * minuteMs,
    hasTests: readdirSync(folder, { recursive: true }).some((path) => String(path).endsWith(".test.ts")),
    runner: existsSync(runner) ? runner : null,
  };
}
