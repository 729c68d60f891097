// `./banyan bench --history`: every figure over the full runs on this machine, a line each.

import { parseArgs } from "node:util";
import { sparkline } from "#bench/plots/sparkline.ts";
import { barText, figureWords, keepsBar, number } from "./figures.ts";
import { allRuns, type Run } from "./history.ts";
import { paceOf } from "./pace.ts";
import { isSameMachine } from "./report-budgets.ts";
import { type TargetName, targetNames } from "./targets/target.ts";

const runsMax = 40;

/** Prints it; the exit code. */
export function showHistory(args: readonly string[]): number {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { history: { type: "boolean" }, targets: { type: "string", default: "banyan" } },
    });
    for (const given of values.targets.split(",")) {
      const target = targetNames.find((name) => name === given);
      if (target === undefined) throw new Error(`"${given}" is none of ${targetNames.join(", ")}.`);
      console.log(historyView(allRuns(), target));
    }
    return 0;
  } catch (error) {
    console.error(`banyan bench --history: ${(error as Error).message}`);
    return 2;
  }
}

export function historyView(runs: readonly Run[], target: TargetName): string {
  const newest = runs.findLast((run) => !run.isQuick && run.figures[target]);
  if (newest === undefined) return `${target}: no full run yet.`;
  const shown = runs
    .filter((run) => !run.isQuick && run.figures[target] && isSameMachine(run, newest))
    .slice(-runsMax);
  const pace = paceOf(newest.figures);
  const rows = figureWords.flatMap(({ key, label, unit, group }) => {
    const values = shown.map((run) => run.figures[target]?.[key] ?? null);
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return [];
    const kept = target === "banyan" ? keepsBar(key, known.at(-1), pace) : null;
    const range = `${number(Math.min(...known))} - ${number(Math.max(...known))}`;
    const bar = target === "banyan" ? barText(key, pace) : "";
    const verdict = kept === null ? "" : kept ? "met" : "BROKEN";
    return [
      { group, cells: [`  ${label}`, sparkline(values), number(known.at(-1)!), unit, range, bar, verdict] },
    ];
  });
  const headings = ["", "over time", "newest", "", "range", target === "banyan" ? "budget" : "", ""];
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map(({ cells }) => cells[i]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 2 || i === 4 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  const { machine } = newest;
  const lines = [
    `${target}: ${shown.length} full run${shown.length === 1 ? "" : "s"} on ${machine.cpu}, ${machine.cores} cores, ${shown[0]!.at.slice(0, 10)} to ${newest.at.slice(0, 10)}`,
    line(headings),
  ];
  let group = "";
  for (const row of rows) {
    if (row.group !== group) lines.push(row.group);
    group = row.group;
    lines.push(line(row.cells));
  }
  return lines.join("\n");
}
