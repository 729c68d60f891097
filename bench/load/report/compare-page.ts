// The page that lays two runs over one another: what moved beyond noise first, then both in every plot.

import type { RunFile } from "#bench/load/run-file.ts";
import { escaped, mark } from "#bench/plots/marks.ts";
import { comparePlots } from "./compare-plots.ts";
import { differenceCells, differenceHeadings, summary, wholeRunRows } from "./compare-table.ts";
import type { Difference } from "./differences.ts";
import { icon, page } from "./page.ts";
import { figureOf } from "./plot-figures.ts";
import { command, howToRead, warnings } from "./report-page.ts";
import { placeTable, table } from "./sections.ts";
import { verdictOf } from "./verdict.ts";

export async function comparePage(
  a: RunFile,
  b: RunFile,
  found: readonly Difference[],
  unlike: readonly string[],
): Promise<string> {
  const plots = comparePlots(a, b);
  const inside = [
    head(a, b),
    verdict(a, b, found),
    warnings(unlike),
    differencesTable(found),
    howToRead,
    `<div class="plots">${plots.map(figureOf).join("\n")}</div>`,
    `<div class="tables"><section class="whole">${table("Whole run", ["", "A", "B"], wholeRunRows(a, b))}</section>`,
    `<section><h2>A</h2>${placeTable(a)}</section><section><h2>B</h2>${placeTable(b)}</section></div>`,
    command(`${a.command}\n${b.command}`),
  ].join("\n");
  return page(`Two runs of ${a.profile.name}: ${summary(found)}`, inside, plots);
}

function head(a: RunFile, b: RunFile): string {
  const about = [a, b].map(
    (run, i) =>
      `<span><b style="color:var(--plot-${i + 1})">${"AB"[i]}</b> ${escaped(`${run.profile.name}, ${run.target.topology} ${run.target.version}, seed ${run.seed}, ${run.at.slice(0, 16).replace("T", " ")}`)}</span>`,
  );
  return `<header>${icon()}<div><p class="kind">Banyan load comparison</p><h1>A and B</h1></div><p class="about">${about.join("")}</p></header>`;
}

function verdict(a: RunFile, b: RunFile, found: readonly Difference[]): string {
  const verdicts = [a, b].map(verdictOf);
  const isBroken =
    verdicts.some(({ tone }) => tone === "broken") || found.some((it) => it.verdict === "worse");
  const isVoid = verdicts.some(({ voided }) => voided !== undefined);
  const lost = verdicts.map(({ headline, tone }, i) => {
    const kind = tone === "broken" ? "wrong" : "right";
    return `<li class="${kind}"><span aria-hidden="true">${tone === "broken" ? "✗" : "✓"}</span> ${"AB"[i]}: ${headline.toLowerCase()}</li>`;
  });
  return `<section class="verdict ${isBroken ? "broken" : isVoid ? "void" : "clean"} modest" aria-label="Verdict">
<p class="headline">${escaped(summary(found))}</p>
<p class="sub">of the seconds while steady; each run once, so what differs from run to run by itself is not in the intervals</p>
<ul class="checks">${lost.join("")}</ul></section>`;
}

function differencesTable(found: readonly Difference[]): string {
  const reach = Math.max(
    0.05,
    ...found.flatMap(({ between }) => (between === null ? [] : between.map((it) => Math.abs(it)))),
  );
  const most = Math.min(reach, 2);
  const rows = found.map((it) => {
    const [name, a, b, change, interval, words] = differenceCells(it);
    return `<tr class="${it.verdict}"><th scope="row">${escaped(name)}</th><td>${a}</td><td>${b}</td><td>${change}</td><td class="span">${span(it, most)}</td><td>${interval}</td><td class="said">${words}</td></tr>`;
  });
  const [first, ...others] = differenceHeadings;
  const heads = [first, ...others.slice(0, 3), "", ...others.slice(3)];
  return `<section class="differences"><div class="scroll"><table><caption>What moved</caption><thead><tr>${heads.map((text) => `<th scope="col">${text}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div></section>`;
}

const spanWidth = 180;

/** The interval as a bar around its change; the line in the middle is no change. */
function span({ change, between, verdict }: Difference, most: number): string {
  if (change === null || between === null) return "";
  const place = (share: number) =>
    spanWidth / 2 + (Math.max(-most, Math.min(most, share)) / most) * (spanWidth / 2 - 6);
  const colour = { same: 8, better: 3, worse: 2, differs: 1, unknown: 8 }[verdict];
  const [low, high] = [place(between[0]), place(between[1])];
  return mark(
    "svg",
    {
      class: "plot-svg",
      viewBox: `0 0 ${spanWidth} 20`,
      style: `width:${spanWidth}px`,
      "aria-hidden": "true",
    },
    mark("path", { class: "base", d: `M${spanWidth / 2} 0V20` }) +
      mark("rect", {
        class: `area faint f${colour}`,
        style: "opacity:.4",
        x: low,
        y: 5,
        width: Math.max(2, high - low),
        height: 10,
        rx: 3,
      }) +
      mark("circle", { class: `f${colour}`, cx: place(change), cy: 10, r: 4 }),
  );
}
