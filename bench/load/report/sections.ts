// The page's tables: waits by percentile, what people did, refusals and errors, the profile, and how to do it again.

import type { RunFile } from "#bench/load/run-file.ts";
import { escaped } from "#bench/plots/marks.ts";
import { clock, whole, written } from "#bench/plots/units.ts";
import { phasesFelt } from "./hurt.ts";
import { waitName } from "./plots-of-run.ts";

export function table(
  caption: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  kind = "",
): string {
  if (rows.length === 0) return "";
  const cell = (text: string, i: number) =>
    i === 0 ? `<th scope="row">${escaped(text)}</th>` : `<td>${escaped(text)}</td>`;
  const head = headings.map((text) => `<th scope="col">${escaped(text)}</th>`).join("");
  const body = rows.map((cells) => `<tr>${cells.map(cell).join("")}</tr>`).join("\n");
  return `<div class="scroll"><table class="${kind}"><caption>${escaped(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

export function waitsTable(run: RunFile): string {
  const rows = Object.entries(run.latency)
    .filter(([, { count }]) => count > 0)
    .map(([key, it]) => [
      waitName(key),
      whole(it.count),
      ...[it.p50Ms, it.p90Ms, it.p99Ms, it.p999Ms, it.maxMs].map((ms) => written(ms, "ms")),
    ]);
  return table("Waits", ["", "count", "median", "p90", "p99", "p99.9", "longest"], rows);
}

export function actionsTable(run: RunFile): string {
  const seconds = Math.max(1, (run.series.at(-1)?.atMs ?? 0) / 1_000);
  const rows = Object.entries(run.totals.actions)
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => [name, whole(count), written(count / seconds, "/s")]);
  return table("What people did", ["", "times", "each second"], rows);
}

export function wrongsTable(run: RunFile): string {
  const listed = (counts: Readonly<Record<string, number>>, kind: string) =>
    Object.entries(counts)
      .sort((a, b) => b[1] - a[1])
      .map(([name, count]) => [name, kind, whole(count)]);
  const rows = [...listed(run.refused, "refusal"), ...listed(run.errors, "error")];
  return rows.length === 0
    ? '<p class="calm">Nothing was refused and nothing failed.</p>'
    : table("Refusals and errors", ["", "kind", "times"], rows);
}

export function phasesTable(run: RunFile): string {
  const felt = phasesFelt(run);
  const wait = (ms: number) => (ms === 0 ? "–" : written(ms, "ms"));
  const rows = felt.map(({ phase, ackP99Ms, deliveryP99Ms, onlineMin, reconnects, wholeAfterMs }) => [
    phase.name,
    `${clock(phase.fromMs)} – ${clock(phase.toMs)}`,
    wait(ackP99Ms),
    wait(deliveryP99Ms),
    Number.isFinite(onlineMin) ? whole(onlineMin) : "–",
    whole(reconnects),
    wholeAgain(wholeAfterMs),
    phase.note ?? "",
  ]);
  const headings = [
    "",
    "when",
    "acknowledged",
    "delivered",
    "live at least",
    "reconnects",
    "whole again",
    "",
  ];
  return table("Phases and faults, each by its worst second at p99", headings, rows);
}

export function wholeAgain(afterMs: number | null | undefined): string {
  if (afterMs === undefined) return "";
  if (afterMs === null) return "not within the run";
  return afterMs === 0 ? "not felt" : `after ${written(afterMs, "ms")}`;
}

export function profileList(run: RunFile): string {
  const rows = flat(run.profile.parameters, "").map(
    ([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`,
  );
  const title = `Profile ${run.profile.name}, version ${run.profile.version}`;
  return `<h2>${escaped(title)}</h2><dl class="parameters">${rows.join("")}</dl>`;
}

export function placeTable(run: RunFile): string {
  const { machine, target, generator, totals } = run;
  const rows = [
    ["Server", `${target.url}, Banyan ${target.version}, ${target.topology}`],
    ["Machine", `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}`],
    [
      "Generator",
      `${generator.processes} ${generator.processes === 1 ? "process" : "processes"}; its busiest used ${written(generator.cpuSharePeak, "share")} of a core at most; p99 of arrivals ${written(generator.lateP99Ms, "ms")} late`,
    ],
    ["Conversations", whole(totals.conversations)],
    [
      "On the wire",
      `${written(totals.bytesOut, "bytes")} to the server, ${written(totals.bytesIn, "bytes")} back`,
    ],
    ["Seed", String(run.seed)],
    ["When", run.at],
  ];
  return table("Where and how", ["", ""], rows, "words");
}

/** `{a: {b: 1}}` is `a.b` 1; a list of words is a line of them. */
function flat(value: unknown, path: string): [string, string][] {
  if (value !== null && typeof value === "object" && !Array.isArray(value))
    return Object.entries(value).flatMap(([key, inner]) => flat(inner, path === "" ? key : `${path}.${key}`));
  if (Array.isArray(value) && value.every((it) => typeof it === "string")) return [[path, value.join("; ")]];
  return [[path, plainly(value)]];
}

/** Pairs as `a: b`, lists with commas, objects by their fields. */
function plainly(value: unknown): string {
  if (typeof value === "number")
    return (Number.isInteger(value) ? value : Number(value.toPrecision(4))).toLocaleString("en", {
      maximumFractionDigits: 10,
    });
  if (Array.isArray(value)) {
    const isPairs = value.every((it) => Array.isArray(it) && it.length === 2);
    const parts = isPairs
      ? value.map(([one, other]) => `${plainly(one)}: ${plainly(other)}`)
      : value.map(plainly);
    return parts.join(value.some((it) => typeof it === "object") ? "; " : ", ");
  }
  if (value !== null && typeof value === "object")
    return Object.entries(value)
      .map(([key, inner]) => `${key} ${plainly(inner)}`)
      .join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
