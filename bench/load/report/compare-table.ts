// The comparison of two runs in words: for the terminal, and as rows for the page.

import type { RunFile } from "#bench/load/run-file.ts";
import { whole, written } from "#bench/plots/units.ts";
import type { Difference, Verdict } from "./differences.ts";

export const verdictWords: Readonly<Record<Verdict, string>> = {
  same: "no difference beyond noise",
  better: "better",
  worse: "WORSE",
  differs: "differs",
  unknown: "cannot be said",
};

/** One line: how many figures moved beyond noise. */
export function summary(found: readonly Difference[]): string {
  const words = { worse: "worse", better: "better", differs: "different", unknown: "unclear" };
  const parts = (["worse", "better", "differs", "unknown"] as const).flatMap((verdict) => {
    const count = found.filter((it) => it.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${words[verdict]}`];
  });
  if (parts.length === 0) return "No difference beyond noise";
  const still = found.filter(({ verdict }) => verdict === "same").length;
  return `B beside A: ${parts.join(", ")}, ${still} the same within noise`;
}

export function differenceCells(it: Difference): [string, string, string, string, string, string] {
  return [
    it.name,
    written(it.a, it.unit),
    written(it.b, it.unit),
    it.change === null ? "" : signed(it.change),
    it.between === null ? "" : `${signed(it.between[0])} to ${signed(it.between[1])}`,
    verdictWords[it.verdict],
  ];
}

export const differenceHeadings = ["while steady", "A", "B", "change", "99 % interval", ""] as const;

/** What was counted and needs no interval: the audit, and the waits of the whole run. */
export function wholeRunRows(a: RunFile, b: RunFile): string[][] {
  const audit = (
    ["acknowledged", "lost", "doubled", "disordered", "unreadErrors", "gapsHealed", "breaksHealed"] as const
  ).map((key) => [auditNames[key], ...[a, b].map(({ audit }) => whole(audit[key] ?? 0))]);
  const waits = Object.keys(a.latency)
    .filter((key) => a.latency[key]!.count > 0 && (b.latency[key]?.count ?? 0) > 0)
    .flatMap((key) =>
      (["p50Ms", "p99Ms", "p999Ms"] as const).map((share) => [
        `${key}, ${shareNames[share]}`,
        written(a.latency[key]![share], "ms"),
        written(b.latency[key]![share], "ms"),
      ]),
    );
  return [...audit, ...waits];
}

const auditNames = {
  acknowledged: "acknowledged",
  lost: "lost",
  doubled: "doubled",
  disordered: "out of order",
  unreadErrors: "wrong unread counts",
  gapsHealed: "gaps healed",
  breaksHealed: "breaks caught up",
};
const shareNames = { p50Ms: "median", p99Ms: "p99", p999Ms: "p99.9" };

export function terminalComparison(a: RunFile, b: RunFile, found: readonly Difference[]): string {
  const differ = aligned([[...differenceHeadings], ...found.map(differenceCells)]);
  const counted = aligned([["whole run", "A", "B"], ...wholeRunRows(a, b)]);
  return `${differ}\n\n${counted}`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
  const last = widths.length - 1;
  return rows
    .map((cells) =>
      cells
        .map((cell, i) =>
          i === 0 || (i === last && last > 3) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function signed(share: number): string {
  const percent = share * 100;
  const digits = Math.abs(percent) >= 10 ? 0 : 1;
  const text = percent.toFixed(digits);
  return `${percent > 0 && Number(text) !== 0 ? "+" : ""}${Number(text) === 0 ? "0" : text} %`;
}
