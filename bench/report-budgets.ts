// Which budgets of bench/budgets.json a run breaks, with what stood there before, and whether chance alone could be it.

import { barText, budgetKeys, figureWords, keepsBar, number } from "./figures.ts";
import type { Run } from "./history.ts";
import { type Pace, paceOf, scaleOf } from "./pace.ts";

export interface BrokenBudget {
  readonly key: string;
  readonly value: number;
  /** From the oldest to the newest; of full runs on the same machine. */
  readonly before: readonly number[];
  readonly line: string;
}

const lastRuns = 5;

/** A quick run says nothing about how fast Banyan is, so it breaks nothing. */
export function brokenBudgets(run: Run, history: readonly Run[]): BrokenBudget[] {
  if (run.isQuick) return [];
  const ours = run.figures.banyan ?? {};
  const pace = paceOf(run.figures);
  return budgetKeys.flatMap((key) => {
    const value = ours[key];
    if (value === undefined || keepsBar(key, value, pace) !== false) return [];
    const before = valuesOf(key, run, history, pace).slice(-lastRuns);
    return [{ key, value, before, line: lineOf(key, value, before, pace, doubtOf(key, run)) }];
  });
}

export function isSameMachine(a: Run, b: Run): boolean {
  return a.machine.cpu === b.machine.cpu && a.machine.cores === b.machine.cores;
}

/** What other runs measured, at this run's pace where both tell theirs. */
function valuesOf(key: string, run: Run, history: readonly Run[], pace: Pace | null): number[] {
  return history
    .filter((other) => other !== run && other.at < run.at && !other.isQuick && isSameMachine(other, run))
    .flatMap((other) => {
      const value = other.figures.banyan?.[key];
      const itsPace = paceOf(other.figures);
      if (value === undefined) return [];
      return pace && itsPace ? (value * scaleOf(key, pace)) / scaleOf(key, itsPace) : value;
    });
}

function lineOf(
  key: string,
  value: number,
  before: readonly number[],
  pace: Pace | null,
  doubt: string,
): string {
  const words = figureWords.find((it) => it.key === key);
  const unit = words?.unit ? ` ${words.unit}` : "";
  const name = words ? `${words.group}: ${words.label}` : key;
  const last =
    before.length === 0
      ? "never measured before"
      : `before: ${before.map(number).join(", ")}${unit}, newest last`;
  return `BROKEN ${key} (${name}): ${number(value)}${unit}, budget ${barText(key, pace)}${unit}; ${last}${varies(before)}${doubt}`;
}

/** How far apart its last values lie: a budget missed by less than that may be chance. */
function varies(before: readonly number[]): string {
  if (before.length < 2) return "";
  const [min, max] = [Math.min(...before), Math.max(...before)];
  return min > 0 ? ` (they differ by ${Math.round((max / min - 1) * 100)} %)` : "";
}

/** What the run itself warned of, where it touches this figure. */
function doubtOf(key: string, run: Run): string {
  const [journey, part] = key.split(".");
  const own = run.warnings.filter(
    (it) => it.startsWith(`banyan: ${journey}:`) && (part === undefined || it.includes(`: ${part}:`)),
  );
  const busy = run.warnings.filter((it) => /not quiet|not pinned/.test(it));
  const doubts = [...busy, ...own];
  return doubts.length === 0 ? "" : `; doubtful: ${doubts.join("; ")}`;
}
