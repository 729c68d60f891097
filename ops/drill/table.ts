// A row for each fault, as it is printed and as it is kept.

import type { Findings } from "#ops/drill/audit.ts";

export interface Row extends Findings {
  readonly fault: string;
  readonly what: string;
  readonly acknowledged: number;
  /** The longest time in which nobody had a message acknowledged. */
  readonly outageMs: number;
  /** The longest that one person waited for an acknowledgement. */
  readonly longestMs: number;
  /** The longest time in which no read of the HTTP API was answered. */
  readonly apiOutageMs: number;
  /** Until rate and p99 were as before, from the fault on or, where it lasts, from its end; null: they were not. */
  readonly normalAfterMs: number | null;
  readonly perSecondBefore: number;
  readonly p99BeforeMs: number;
  readonly p99DuringMs: number;
  /** From saying to being shown to others, during the fault. */
  readonly shownP99Ms: number;
  readonly shownMaxMs: number;
  readonly resyncs: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly mendedAfterMs: number;
  /** What was done when, from the fault on. */
  readonly notes: readonly string[];
  /** The answers that were waited for longest, and when they came. */
  readonly longWaits: readonly string[];
}

const columns: readonly (readonly [title: string, width: number, of: (row: Row) => string])[] = [
  ["fault", -34, (row) => row.what],
  ["outage", 8, (row) => seconds(row.outageMs)],
  ["longest", 8, (row) => seconds(row.longestMs)],
  ["API", 7, (row) => seconds(row.apiOutageMs)],
  ["acked", 6, (row) => String(row.acknowledged)],
  ["lost", 5, (row) => String(row.lost)],
  ["unshown", 7, (row) => String(row.unshown)],
  ["doubled", 7, (row) => String(row.doubled)],
  ["gaps", 5, (row) => String(row.gaps)],
  ["disorder", 8, (row) => String(row.disorder)],
  ["normal", 8, (row) => (row.normalAfterMs === null ? "never" : seconds(row.normalAfterMs))],
  ["p99 before", 10, (row) => `${row.p99BeforeMs.toFixed(0)} ms`],
  ["during", 9, (row) => `${row.p99DuringMs.toFixed(0)} ms`],
  ["shown max", 9, (row) => seconds(row.shownMaxMs)],
  [
    "refused",
    0,
    (row) =>
      Object.entries(row.failures)
        .map(([code, count]) => `${code} ${count}`)
        .join(", "),
  ],
];

export function titleLine(): string {
  return line(columns.map(([title]) => title));
}

export function rowLine(row: Row): string {
  return line(columns.map(([, , of]) => of(row)));
}

/** What must be 0, whatever happens. */
export function isWhole(row: Row): boolean {
  return row.lost + row.unshown + row.doubled + row.gaps + row.disorder === 0;
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => {
      const width = columns[i]![1];
      return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
    })
    .join("  ")
    .trimEnd();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
