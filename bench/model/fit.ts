// From measured cells to coefficients. Time of a commit, which decides how sends share one, is tried out: the value
// that leaves the least error stays.

import type { Coefficients, Part } from "./coefficients.ts";
import { type Fit, fitted } from "./least-squares.ts";
import type { Measured } from "./run-workload.ts";
import { type FeatureName, featureNames, featuresOf } from "./workload.ts";

const commitMsTried = [0.5, 1, 2, 4, 8, 16];

export interface FitReport {
  readonly coefficients: Omit<Coefficients, "measured">;
  /** By what is predicted: the error of each cell as a share. */
  readonly errors: Readonly<Record<string, readonly number[]>>;
}

export function fitModel(cells: readonly Measured[], seed: number): FitReport {
  const errors: Record<string, readonly number[]> = {};
  const part = (name: string, features: readonly FeatureName[], value: (cell: Measured) => number): Part => {
    const best = bestFit(cells, features, cells.map(value), seed);
    errors[name] = best.fit.errors;
    return { commitMs: best.commitMs, costs: costsOf(features, best.fit) };
  };
  const roles = Object.keys(cells[0]!.cpuUsPerSecond);
  const working = featureNames.filter((name) => name !== "stored");
  const cpuUs = Object.fromEntries(
    roles.map((role) => [role, part(`cpu ${role}`, working, (cell) => cell.cpuUsPerSecond[role]!)]),
  );
  const memoryKiB = part("memory", ["base", "session", "send", "stored"], (cell) => cell.memoryKiB);
  const wire: FeatureName[] = ["session", "send", "delivery", "sentKiB", "deliveredKiB", "open", "reconnect"];
  const wireBytes = part("wire", wire, (cell) => cell.wireBytesPerSecond);
  const walBytes = part(
    "log",
    ["base", "send", "group", "sentKiB", "reconnect"],
    (cell) => cell.walBytesPerSecond,
  );
  const disk = diskFit(cells, seed);
  errors.disk = disk.errors;
  return {
    coefficients: { cells: cells.length, cpuUs, memoryKiB, wireBytes, walBytes, diskBytes: disk.part },
    errors,
  };
}

function bestFit(
  cells: readonly Measured[],
  features: readonly FeatureName[],
  values: number[],
  seed: number,
) {
  const hasGroups = features.includes("group");
  const tried = (hasGroups ? commitMsTried : [1]).map((commitMs) => {
    const rows = cells.map(({ workload }) => {
      const all = featuresOf(workload, commitMs);
      return features.map((name) => all[name]);
    });
    return { commitMs, rows, fit: fitted(rows, values, seed, 0) };
  });
  const best = tried.reduce((one, other) => (other.fit.sumOfSquares < one.fit.sumOfSquares ? other : one));
  return { commitMs: best.commitMs, fit: fitted(best.rows, values, seed) };
}

/** Tables grow with all that was ever stored: what each cell added is counted from the first one on. */
function diskFit(cells: readonly Measured[], seed: number): { part: Part; errors: readonly number[] } {
  const [first, ...others] = cells;
  const grown = others.filter((cell) => cell.storedMessages > first!.storedMessages);
  const rows = grown.map((cell) => [
    cell.storedMessages - first!.storedMessages,
    (cell.storedTextBytes - first!.storedTextBytes) / 1024,
  ]);
  const fit = fitted(
    rows,
    grown.map((cell) => cell.storedBytes - first!.storedBytes),
    seed,
  );
  return { part: { commitMs: 1, costs: costsOf(["send", "sentKiB"], fit) }, errors: fit.errors };
}

function costsOf(features: readonly FeatureName[], fit: Fit): Part["costs"] {
  const entries = features.map((name, j) => [name, fit.coefficients[j]!] as const);
  return Object.fromEntries(entries.filter(([, { value }]) => value > 0));
}
