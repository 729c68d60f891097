// How much more CPU the same work takes here than on the machine that the bars of budgets.json come from. Others'
// servers are the yardsticks: what they cost there is known (yardsticks.json: the middle of the range that the
// project's design gives for each), and a run measures them again. A virtual machine may be half as fast from one day to the next;
// a bar in microseconds says something about Banyan only together with what others take in the same hour.

import type { Figures } from "./journey.ts";
import type { TargetName } from "./targets/target.ts";
import yardsticks from "./yardsticks.json" with { type: "json" };

export interface Pace {
  /** 2: this machine takes twice as long. */
  readonly value: number;
  /** What each yardstick says by itself, in their order. */
  readonly each: readonly { readonly target: TargetName; readonly figure: string; readonly value: number }[];
}

/** The median of the yardsticks that were measured; null: none was, and bars hold as they stand. */
export function paceOf(figures: Partial<Record<TargetName, Figures>>): Pace | null {
  const each = yardsticks.flatMap(({ target, figure, reference }) => {
    const name = target as TargetName;
    const measured = figures[name]?.[figure];
    return measured === undefined ? [] : [{ target: name, figure, value: measured / reference }];
  });
  return each.length === 0 ? null : { value: median(each.map(({ value }) => value)), each };
}

/** What a bar is multiplied by: time grows with the pace, how much is done in a second falls, bytes stay. */
export function scaleOf(key: string, pace: Pace | null): number {
  if (pace === null) return 1;
  if (/(Us|Ms)$/.test(key)) return pace.value;
  return key.endsWith("perSecond") ? 1 / pace.value : 1;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
