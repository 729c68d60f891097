// docs/benchmarks.md: every server beside every other, with what each promises, its configuration, and where a peer is
// better. Written from bench/history.ndjson after each full run, and by `bun bench/report-page.ts`.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { number } from "./figures.ts";
import { allRuns, type Run } from "./history.ts";
import {
  type Column,
  isBetter,
  type Journey,
  type Measured,
  measured,
  shownJourneys,
  type Win,
  wins,
} from "./report-peers.ts";
import { type pictures, writePlots } from "./report-plots.ts";
import type { TargetName } from "./targets/target.ts";
import { targets } from "./targets/targets.ts";

const page = join(import.meta.dir, "../docs/benchmarks.md");

/** False when there is no full run yet. */
export function writeBenchmarks(): boolean {
  const runs = allRuns();
  if (shownJourneys.every((journey) => measured(journey, runs).length === 0)) return false;
  const drawn = writePlots(runs);
  writeFileSync(page, benchmarksPage(runs, drawn));
  // The house's form, tables in columns included.
  Bun.spawnSync([join(import.meta.dir, "../node_modules/.bin/biome"), "format", "--write", page]);
  return true;
}

export function benchmarksPage(runs: readonly Run[], drawn: readonly (typeof pictures)[number][]): string {
  const journeys = shownJourneys
    .map((journey) => ({ journey, rows: measured(journey, runs) }))
    .filter(({ rows }) => rows.length > 0);
  const used = [...new Set(journeys.flatMap(({ rows }) => rows.map(({ run }) => run)))];
  const shown = [...new Set(journeys.flatMap(({ rows }) => rows.map(({ target }) => target)))];
  return [
    opening(used),
    ...journeys.map(({ journey, rows }) => section(journey, rows, drawn)),
    where(wins(runs), shown),
    promises(shown, used),
    configurations(shown),
    sources(used),
  ].join("\n\n");
}

function opening(used: readonly Run[]): string {
  const { machine } = used.at(-1)!;
  return `# Banyan beside others

<!-- Written by bench/report-page.ts from bench/history.ndjson; change that, not this. -->

The same driver does the same job with every server, on one machine: ${machine.cpu}, ${machine.cores} cores,
${machine.memoryGiB} GiB, Linux ${machine.kernel}. All processes of a server, its database included, have one core; the load generator has
the other. CPU counts all of them. To have these figures of your machine (about 45 minutes, nothing else should run):

\`\`\`sh
./ops/install-peers.sh
./banyan bench --peers
\`\`\`

How it is done and kept fair: [measuring](guides/benchmarks.md). Not all promise the same when they acknowledge a
message; [what each promises](#what-each-promises) says it. The
limits at the end of each table keep nothing, or are no chat server: they show what this machine could do at all. In
each column the best of the chat servers is **bold**. The cluster beside the single process has
[a page of its own](benchmarks-cluster.md).`;
}

function section(
  journey: Journey,
  rows: readonly Measured[],
  drawn: readonly (typeof pictures)[number][],
): string {
  const shown = journey.columns.map((_, i) => rows.some(({ values }) => values[i] !== undefined));
  const columns = journey.columns.filter((_, i) => shown[i]);
  const cells = rows.map(({ target, values }) => [
    name(target),
    ...values
      .filter((_, i) => shown[i])
      .map((value, i) => cell(value, columns[i]!, isBest(i, target, rows, shown, columns))),
  ]);
  const own = drawn.filter((picture) => picture.journey === journey.name).map(pictureTag);
  return [
    `## ${journey.title}`,
    journey.about,
    ...own,
    [
      `| | ${columns.map(({ title }) => title).join(" | ")} |`,
      `|---|${"--:|".repeat(columns.length)}`,
      ...cells.map((it) => `| ${it.join(" | ")} |`),
    ].join("\n"),
    fromWhich(rows),
  ].join("\n\n");
}

function isBest(
  i: number,
  target: TargetName,
  rows: readonly Measured[],
  shown: readonly boolean[],
  columns: readonly Column[],
): boolean {
  const chat = rows.filter((row) => targets[row.target].role !== "limit");
  const of = (row: Measured) => row.values.filter((_, at) => shown[at])[i];
  const mine = chat.find((row) => row.target === target);
  const value = mine && of(mine);
  if (value === undefined || chat.length < 2) return false;
  return chat.every((row) => {
    const other = of(row);
    return other === undefined || !isBetter(columns[i]!.unit, other, value);
  });
}

function cell(value: number | undefined, { unit }: Column, isBold: boolean): string {
  if (value === undefined) return "";
  const text = unit === "/s" ? `${number(value)}/s` : `${number(value)} ${unit}`;
  return isBold ? `**${text}**` : text;
}

function name(target: TargetName): string {
  return targets[target].role === "limit" ? `_${targets[target].title}_` : targets[target].title;
}

function pictureTag({ name: file, title }: (typeof pictures)[number]): string {
  return `<picture>
  <source media="(prefers-color-scheme: dark)" srcset="plots/${file}-dark.svg">
  <img alt="${title}" src="plots/${file}-light.svg" width="720">
</picture>`;
}

const runsNamedMax = 3;

function fromWhich(rows: readonly Measured[]): string {
  const byRun = Map.groupBy(rows, ({ run }) => run);
  if (byRun.size > runsNamedMax)
    return `<sub>Measured one after another in ${byRun.size} runs, which [stand at the end](#the-runs-and-what-they-warned-of).</sub>`;
  const parts = [...byRun].map(([run, its]) => {
    const who =
      byRun.size === 1 ? "All in one run" : its.map(({ target }) => targets[target].title).join(", ");
    return `${who}: ${run.at.slice(0, 10)}, commit ${run.commit}, seed ${run.seed}`;
  });
  return `<sub>${parts.join(". ")}.</sub>`;
}

function where(found: readonly Win[], shown: readonly TargetName[]): string {
  const peers = shown.filter((target) => targets[target].role === "peer");
  const lines = peers.map((peer) => {
    const its = found.filter((win) => win.peer === peer);
    if (its.length === 0) return `- **${targets[peer].title}**: in none of the figures above.`;
    const said = its.map(
      ({ journey, column, value, ours }) =>
        `${journey.title.toLowerCase()}, ${fullTitle(journey, column)}: ${cell(value, column, false)} against ${cell(ours, column, false)}`,
    );
    return `- **${targets[peer].title}** (${targets[peer].promise}):\n${said.map((it) => `  - ${it}`).join("\n")}`;
  });
  return `## Where a peer is better

By more than a twentieth, against Banyan as one process. "Half" is half of what each server itself can do, so the waits
of a server that carries less are measured under a lighter load.

${lines.length === 0 ? "No peer has been measured yet." : lines.join("\n")}`;
}

/** "p99" alone says too little where it does not stand beside its column. */
function fullTitle(journey: Journey, column: Column): string {
  if (!/^p\d/.test(column.title)) return column.title;
  const before = journey.columns.slice(0, journey.columns.indexOf(column));
  const lead = before.findLast(({ title }) => title.includes(": "))?.title.split(": ")[0];
  return `${lead}: ${column.title}`;
}

function promises(shown: readonly TargetName[], used: readonly Run[]): string {
  const rows = shown.map((target) => {
    const { role, promise } = targets[target];
    const version = used.findLast((run) => run.figures[target])!.versions[target] ?? "this commit";
    return `| ${name(target)} | ${version} | ${role} | ${promise} |`;
  });
  const others = Object.entries(used.at(-1)!.versions)
    .filter(([part]) => !(part in targets))
    .map(([part, version]) => `${part} ${version}`);
  return `## What each promises

| | version | | |
|---|---|---|---|
${rows.join("\n")}

Beside them: ${others.join(", ")}.`;
}

function configurations(shown: readonly TargetName[]): string {
  const blocks = shown.map((target) => {
    const texts = targets[target].configuration();
    if (texts.length === 0) return "";
    const left = Object.entries(targets[target].cannot ?? {}).map(
      ([journey, why]) => `Left out of ${journey}: ${why}`,
    );
    const inside = texts.map(({ title, text }) => `${title}\n\n${fenced(text)}`);
    return `<details><summary>${targets[target].title}</summary>\n\n${[...inside, ...left].join("\n\n")}\n\n</details>`;
  });
  return `## How each is configured

All that differs from an installation by default.

${blocks.filter((it) => it !== "").join("\n\n")}`;
}

/** With a fence that is longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([found]) => found.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text.trimEnd()}\n${fence}`;
}

function sources(used: readonly Run[]): string {
  const lines = used.map((run) => {
    const doubts = run.warnings.map((warning) => `\n  - ${warning}`);
    return `- \`${run.command}\`, seed ${run.seed}, ${run.at.slice(0, 16).replace("T", " ")}, commit ${run.commit}, ${run.seconds} s; servers on core ${run.serverCores}, generator on core ${run.driverCore}${doubts.join("")}`;
  });
  return `## The runs, and what they warned of\n\n${lines.join("\n")}\n`;
}

if (import.meta.main)
  console.log(
    writeBenchmarks()
      ? "docs/benchmarks.md and docs/plots have the newest figures."
      : "There is no full run yet.",
  );
