// The report of one run of ./banyan load: the verdict first, then what to look at, then what to look up.

import { auditOfServer, type RunFile } from "#bench/load/run-file.ts";
import { escaped } from "#bench/plots/marks.ts";
import { clock, whole } from "#bench/plots/units.ts";
import { icon, page } from "./page.ts";
import { figureOf } from "./plot-figures.ts";
import { plotsOf } from "./plots-of-run.ts";
import { actionsTable, phasesTable, placeTable, profileList, waitsTable, wrongsTable } from "./sections.ts";
import { tilesOf } from "./tiles.ts";
import { type Check, verdictOf } from "./verdict.ts";

export async function reportPage(run: RunFile): Promise<string> {
  const plots = plotsOf(run);
  const title = `${run.profile.name} against ${run.target.topology}: ${verdictOf(run).headline.toLowerCase()}`;
  const inside = [
    head(run),
    verdict(run),
    tiles(run),
    warnings(run.warnings),
    howToRead,
    `<div class="plots">${plots.map(figureOf).join("\n")}</div>`,
    `<div class="tables">`,
    `<section class="whole">${phasesTable(run)}</section>`,
    `<section class="whole">${waitsTable(run)}</section>`,
    `<section>${actionsTable(run)}</section>`,
    `<section>${wrongsTable(run)}</section>`,
    `<section class="whole">${placeTable(run)}</section>`,
    `<section class="whole">${profileList(run)}</section>`,
    `</div>`,
    command(run.command),
  ].join("\n");
  return page(title, inside, plots);
}

export const howToRead = `<p class="how" id="how-to-read">Point at a plot to read a second; drag across one to look closer, in all of them;
<kbd>Esc</kbd> or a double click shows all again. With the keyboard: <kbd>Tab</kbd> to a plot, then the arrow keys.
<button type="button" id="show-all" hidden>Show all of the run</button></p>`;

/** What the run could not do by its nature is no warning, but said. */
export function warnings(texts: readonly string[]): string {
  const list = (kind: string, some: readonly string[]) =>
    some.length === 0
      ? ""
      : `<ul class="${kind}">${some.map((text) => `<li>${escaped(text)}</li>`).join("")}</ul>`;
  const isRemark = (text: string) => text.startsWith("left out: ");
  return (
    list(
      "warnings",
      texts.filter((text) => !isRemark(text)),
    ) + list("remarks", texts.filter(isRemark))
  );
}

export function command(text: string): string {
  return `<section class="again"><h2>Do it again</h2><pre><code>${escaped(text)}</code></pre></section>`;
}

function head(run: RunFile): string {
  const { profile, target, series, machine } = run;
  const length = clock(series.at(-1)?.atMs ?? 0);
  const about = [
    `${target.topology} ${target.version}`,
    `${length} long`,
    `${machine.cpu}, ${machine.cores} cores`,
    `seed ${run.seed}`,
    run.at.slice(0, 16).replace("T", " "),
  ];
  return `<header>${icon()}<div><p class="kind">Banyan load report</p><h1>${escaped(profile.name)} <span>v${profile.version}</span></h1></div>
<p class="about">${about.map((it) => `<span>${escaped(it)}</span>`).join("")}</p></header>`;
}

function verdict(run: RunFile): string {
  const { tone, headline, voided, checks, checker } = verdictOf(run);
  const { audit } = run;
  const shown = `${whole(audit.shown)} showings on other devices, ${whole(audit.sessions)} sessions audited`;
  const examples = audit.examples.slice(0, 8).map((text) => `<li>${escaped(text)}</li>`);
  const judged = checker
    ? `<p class="witness">${checker.isWrong ? "✗" : "✓"} The independent checker, by conversation: ${escaped(checker.words)}.</p>`
    : "";
  const voidLine = voided ? `<p class="void-line"><strong>Void.</strong> ${escaped(voided)}</p>` : "";
  return `<section class="verdict ${tone}" aria-label="Verdict">
<p class="headline">${headline}</p>
<p class="sub">acknowledged messages; ${shown}</p>
<ul class="checks">${checks.map(check).join("")}</ul>
${judged}${serversWord(run)}
${examples.length > 0 ? `<details open><summary>What was wrong</summary><ul class="examples">${examples.join("")}</ul></details>` : ""}
${voidLine}</section>`;
}

function serversWord(run: RunFile): string {
  const own = auditOfServer(run);
  if (!own) return "";
  const sign = own.lost > 0 ? "✗" : "✓";
  return `<p class="witness">${sign} The server's own delivery audit: lost ${whole(own.lost)} of ${whole(own.checked)}.</p>`;
}

function check({ name, count, isWrong }: Check): string {
  const isFault = !/healed|caught up/.test(name);
  const kind = isWrong ? "wrong" : isFault ? "right" : "neutral";
  const sign = { wrong: "✗", right: "✓", neutral: "↻" }[kind];
  return `<li class="${kind}"><span aria-hidden="true">${sign}</span> ${whole(count)} ${name}</li>`;
}

function tiles(run: RunFile): string {
  const each = tilesOf(run).map(
    ({ name, value, detail }) =>
      `<div class="tile"><dt>${escaped(name)}</dt><dd><b>${escaped(value)}</b><span>${escaped(unbroken(detail))}</span></dd></div>`,
  );
  return `<dl class="tiles">${each.join("")}</dl>`;
}

/** A value and its unit stay on one line. */
function unbroken(text: string): string {
  return text.replace(/(?<=\d) (?=[a-zµ%]{1,3}\b|%)/gi, "\u00a0");
}
