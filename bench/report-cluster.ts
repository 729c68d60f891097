// docs/benchmarks-cluster.md's tables, from the history: each from the newest full run that measured it, and from the
// newest quick one where there is no full one, which the line above the table says.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Row, sections } from "./cluster-figures.ts";
import { number } from "./figures.ts";
import { allRuns, type Run } from "./history.ts";
import type { Figures } from "./journey.ts";
import type { TargetName } from "./targets/target.ts";

const page = join(import.meta.dir, "../docs/benchmarks-cluster.md");

export interface Section {
  readonly name: string;
  /** Its columns; a column of its own for each target, or one for each prefix where there are `columns`. */
  readonly targets: readonly TargetName[];
  readonly columns?: readonly string[];
  readonly rows: readonly Row[];
}

/** False when the page is not there. */
export function writeClusterPage(): boolean {
  if (!existsSync(page)) return false;
  let text = readFileSync(page, "utf8");
  const runs = allRuns();
  for (const section of sections) {
    const [opening, closing] = [`<!-- ${section.name} -->`, `<!-- /${section.name} -->`];
    const from = text.indexOf(opening);
    const to = text.indexOf(closing);
    const run = newestWith(runs, section);
    if (!run || from < 0 || to < from) continue;
    text = `${text.slice(0, from)}${opening}\n\n${linesOf(section, run).join("\n")}\n\n${text.slice(to)}`;
  }
  writeFileSync(page, text);
  // The house's form, tables in columns included.
  Bun.spawnSync([join(import.meta.dir, "../node_modules/.bin/biome"), "format", "--write", page]);
  return true;
}

function newestWith(runs: readonly Run[], section: Section): Run | undefined {
  const keys = section.rows.flatMap(({ key }) => (section.columns ?? [""]).map((column) => column + key));
  const has = (run: Run) =>
    section.targets.every((target) => keys.some((key) => run.figures[target]?.[key] !== undefined));
  return runs.findLast((run) => !run.isQuick && has(run)) ?? runs.findLast(has);
}

function linesOf(section: Section, run: Run): string[] {
  const columns: readonly { title: string; of: (key: string) => number | undefined }[] = section.columns
    ? section.columns.map((column) => ({
        title: column.split(".").at(-2) ?? column,
        of: (key) => figuresOf(run, section.targets[0]!)[column + key],
      }))
    : section.targets.map((target) => ({ title: target, of: (key) => figuresOf(run, target)[key] }));
  const rows = section.rows.flatMap(({ key, label, unit }) => {
    const values = columns.map(({ of }) => of(key));
    if (values.every((value) => value === undefined)) return [];
    const cells = values.map((value) =>
      value === undefined ? "" : `${number(value)}${unit === "" ? "" : ` ${unit}`}`,
    );
    return [`| ${[label, ...cells].join(" | ")} |`];
  });
  return [
    told(run),
    "",
    `| | ${columns.map(({ title }) => title).join(" | ")} |`,
    `|---|${"--:|".repeat(columns.length)}`,
    ...rows,
    ...warningsOf(run),
  ];
}

function figuresOf(run: Run, target: TargetName): Figures {
  return run.figures[target] ?? {};
}

function told(run: Run): string {
  const { machine, cluster } = run;
  const shape = cluster
    ? `; ${cluster.gateways} gateway, ${cluster.messaging} messaging, ${cluster.nats} NATS, ${cluster.postgres} PostgreSQL${cluster.front ? ", HAProxy in front" : ""}`
    : "";
  const quick = run.isQuick
    ? " **A quick run on a machine that was not quiet: it shows that this works, not how fast.**"
    : "";
  return `\`${run.command}\`, ${run.at.slice(0, 10)}, commit ${run.commit}; ${machine.cpu}, ${machine.cores} cores; seed ${run.seed}${shape}.${quick}`;
}

function warningsOf(run: Run): string[] {
  return run.warnings.length === 0 ? [] : ["", ...run.warnings.map((warning) => `- ${warning}`)];
}

if (import.meta.main)
  console.log(writeClusterPage() ? "The cluster's page has the newest figures." : "There is no page.");
