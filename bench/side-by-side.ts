// All servers of a run beside each other on the terminal: a row for each figure that any of the peers has, and under the
// table what each promises when it acknowledges, since not all do the same job.

import { figureWords, number } from "./figures.ts";
import type { Run } from "./history.ts";
import { type TargetName, targetNames } from "./targets/target.ts";
import { targets } from "./targets/targets.ts";

export function sideBySide(run: Run): string {
  const measured = targetNames.filter((name) => run.figures[name] !== undefined);
  const peers = measured.filter((name) => targets[name].role !== "ours");
  const rows = figureWords.flatMap(({ key, label, unit, group }) => {
    if (peers.every((name) => run.figures[name]![key] === undefined)) return [];
    return [
      {
        group,
        cells: [`  ${label}${unit ? `, ${unit}` : ""}`, ...measured.map((name) => cell(run, name, key))],
      },
    ];
  });
  const headings = ["", ...measured];
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => row.cells[i]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
      .join("  ")
      .trimEnd();
  const lines = [line(headings)];
  let group = "";
  for (const row of rows) {
    if (row.group !== group) lines.push("", row.group);
    group = row.group;
    lines.push(line(row.cells));
  }
  const promises = measured.map((name) => `${name} ${targets[name].version()}: ${targets[name].promise}`);
  return [...lines, "", ...promises].join("\n");
}

/** Of Banyan's two codecs, the binary one stands beside what is a peer's only one. */
function cell(run: Run, name: TargetName, key: string): string {
  const own = targets[name].role === "ours" ? key.replace(/^wire\.own\./, "wire.binary.") : key;
  const value = run.figures[name]![own];
  return value === undefined ? "-" : number(value);
}
