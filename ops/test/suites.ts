// The test suites: each folder of tests/ that holds *.test.ts, or a run.ts of its own, is one; `cluster` runs files of
// several of them on another topology. This table gives the order (what fails fast comes first, what needs no parts
// runs while they are installed) and how long each may take; a folder that is not named here runs last.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { minuteMs } from "#base/units.ts";
import { root } from "#ops/root.ts";

export interface Suite {
  readonly name: string;
  readonly limitMs: number;
  /** Folders or files for `bun test`. */
  readonly paths: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * tests/<name>/run.ts: a runner of its own, which closes with a line `N passed, N failed`. It only computes: it
   * runs beside the suites that come after, on what they leave of the processor.
   */
  readonly runner: string | null;
  /** Of Chromium and the cluster's real parts; else it needs only what npm brings. */
  readonly needsParts: boolean;
}

const minutesOf: Readonly<Record<string, number>> = {
  "house-rules": 3,
  sdk: 3,
  laws: 3,
  api: 5,
  conformance: 3,
  hostile: 5,
  app: 3,
  contract: 5,
  cli: 4,
  simulation: 5,
  scenarios: 10,
  topologies: 15,
  browser: 6,
  cluster: 10,
};
const otherMinutes = 5;
const filesMinutes = 10;
/** For a runner: it has the processor only when the others let it. */
export const runnerLimitMs = 25 * minuteMs;

const withoutParts = new Set([
  "house-rules",
  "sdk",
  "laws",
  "api",
  "conformance",
  "hostile",
  "app",
  "simulation",
]);

/**
 * The stories that other suites tell of one process, told again of a cluster: the same files, on real parts. Left
 * out is what starts no server, what is about one process (its command line, data directory, log and queues), and
 * what a second topology cannot change: the looks of the page, passwords and sign-up, the cost of a frame.
 */
const cluster: Suite = {
  name: "cluster",
  limitMs: minutesOf.cluster! * minuteMs,
  paths: [
    "./tests/conformance/stranger.test.ts",
    "./tests/conformance/wire-connecting.test.ts",
    "./tests/conformance/wire-sending.test.ts",
    "./tests/conformance/wire-states.test.ts",
    "./tests/conformance/wire-fuzz.test.ts",
    "./tests/sdk/real-server.test.ts",
    ...["answers", "audits", "floods", "frames", "outsiders", "texts"].map(
      (it) => `./tests/hostile/${it}.test.ts`,
    ),
    "./tests/browser/chat.test.ts",
    "./tests/browser/rooms.test.ts",
    "./tests/browser/away.test.ts",
    "./tests/scenarios/kill.test.ts",
  ],
  env: { TEST_TOPOLOGY: "cluster" },
  runner: null,
  needsParts: true,
};

/** All suites in their order, or those named. An unknown name is the caller's to report: it is not in the answer. */
export function findSuites(): readonly Suite[] {
  const order = Object.keys(minutesOf);
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const folders = readdirSync(join(root, "tests"), { withFileTypes: true }).filter((it) => it.isDirectory());
  return [...folders.map((folder) => suiteOf(folder.name)), cluster]
    .filter((suite) => suite.paths.length > 0 || suite.runner !== null)
    .sort((a, b) => place(a.name) - place(b.name) || a.name.localeCompare(b.name));
}

/** Test files that somebody named. */
export function suiteOfFiles(paths: readonly string[]): Suite {
  return { name: "files", limitMs: filesMinutes * minuteMs, paths, env: {}, runner: null, needsParts: true };
}

function suiteOf(name: string): Suite {
  const folder = join(root, "tests", name);
  const runner = join(folder, "run.ts");
  const hasTests = readdirSync(folder, { recursive: true }).some((path) => String(path).endsWith(".test.ts"));
  return {
    name,
    limitMs: (minutesOf[name] ?? otherMinutes) * minuteMs,
    paths: hasTests ? [`./tests/${name}`] : [],
    env: {},
    runner: existsSync(runner) ? runner : null,
    needsParts: !withoutParts.has(name),
  };
}
