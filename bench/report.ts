// The figures as a table: on the terminal, and in README.md between its two marks from the newest full run.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { barText, figureWords, keepsBar, number } from "./figures.ts";
import { newestFullRun, type Run } from "./history.ts";
import { type Pace, paceOf } from "./pace.ts";

const readme = join(import.meta.dir, "../README.md");
const opening = "<!-- figures -->";
const closing = "<!-- /figures -->";
const peers = ["socketio-postgres", "raw-publish"] as const;

interface Row {
  readonly group: string;
  readonly cells: readonly string[];
}

const headings = ["", "Banyan", "bar", "", "socket.io + PostgreSQL", "bare publish (floor)"];

function rowsOf(run: Run): Row[] {
  const ours = run.figures.banyan ?? {};
  const pace = paceOf(run.figures);
  return figureWords.flatMap(({ key, label, unit, group }) => {
    const value = ours[key];
    const others = peers.map((peer) => run.figures[peer]?.[key]);
    if (value === undefined && others.every((other) => other === undefined)) return [];
    const kept = keepsBar(key, value, pace);
    const verdict = kept === null ? "" : kept ? "met" : "MISSED";
    const mine = value === undefined ? "-" : withUnit(value, unit);
    return [
      {
        group,
        cells: [label, mine, barText(key, pace), verdict, ...others.map((o) => peerCell(o, value, unit))],
      },
    ];
  });
}

/** The peer's value and how many times Banyan's it is. */
function peerCell(value: number | undefined, ours: number | undefined, unit: string): string {
  if (value === undefined) return "";
  const ratio = ours && value > 0 ? ` (${number(value / ours)}x)` : "";
  return `${withUnit(value, unit)}${ratio}`;
}

function withUnit(value: number, unit: string): string {
  return unit === "" || unit === "/s" ? `${number(value)}${unit}` : `${number(value)} ${unit}`;
}

export function terminalTable(run: Run): string {
  const rows = rowsOf(run);
  const all = [headings, ...rows.map(({ cells }) => cells)];
  const widths = headings.map((_, i) => Math.max(...all.map((cells) => cells[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd();
  let group = "";
  const lines = [line(headings)];
  for (const row of rows) {
    if (row.group !== group) lines.push("", row.group);
    group = row.group;
    lines.push(line(row.cells));
  }
  return lines.join("\n");
}

function markdownTable(run: Run): string {
  const lines = [`| ${headings.join(" | ")} |`, "|---|--:|--:|---|--:|--:|"];
  let group = "";
  for (const row of rowsOf(run)) {
    if (row.group !== group) lines.push(`| **${row.group}** | | | | | |`);
    group = row.group;
    lines.push(`| ${row.cells.join(" | ")} |`);
  }
  return lines.join("\n");
}

function markdownOf(run: Run): string {
  const { machine } = run;
  const pace = paceOf(run.figures);
  return [
    `Measured with \`${run.command}\` on ${run.at.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ` +
      `${machine.memoryGiB} GiB, Linux ${machine.kernel}; commit ${run.commit}; Bun ${run.versions.bun}, ` +
      `PostgreSQL ${run.versions.postgres}, Node ${run.versions.node}. CPU and memory count all processes of a ` +
      `server, PostgreSQL included, unless a line says otherwise; the load generator has a core of its own. ` +
      `In brackets: times Banyan's figure.${pace ? ` ${paceText(pace)}` : ""}`,
    "",
    markdownTable(run),
    ...(run.warnings.length > 0 ? ["", ...run.warnings.map((warning) => `- ${warning}`)] : []),
  ].join("\n");
}

/** Why bars are not what budgets.json says. */
export function paceText(pace: Pace): string {
  const each = pace.each.map(({ target, figure, value }) => `${target} ${figure} ${value.toFixed(2)}`);
  return (
    `The bars come from another machine; by what others cost there and in this run, the same work takes ` +
    `${pace.value.toFixed(2)} times as long here (${each.join(", ")}), so bars in time and in work per second ` +
    `are moved by that; in square brackets as they stand in bench/budgets.json.`
  );
}

/** False when there is no README with the two marks, or no full run yet. */
export function writeReadme(): boolean {
  const run = newestFullRun();
  const text = existsSync(readme) ? readFileSync(readme, "utf8") : "";
  const from = text.indexOf(opening);
  const to = text.indexOf(closing);
  if (!run || from < 0 || to < from) return false;
  const inside = `${opening}\n\n${markdownOf(run)}\n\n`;
  writeFileSync(readme, text.slice(0, from) + inside + text.slice(to));
  return true;
}

if (import.meta.main) {
  const done = writeReadme();
  console.log(
    done
      ? "README.md has the newest figures."
      : "Nothing written: no full run yet, or no marks in README.md.",
  );
}
