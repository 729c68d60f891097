// The model's part of docs/scale.md: its coefficients, and how it did on runs that it had not seen.

import { table, told } from "#bench/scale/page-parts.ts";
import { cells } from "./cells.ts";
import { compare, errorMax } from "./check.ts";
import { type Coefficients, hasModel, type Part, readModel } from "./coefficients.ts";
import { newestRun } from "./runs.ts";
import { featureNames, type Topology } from "./workload.ts";

const meaning: Readonly<Record<(typeof featureNames)[number], string>> = {
  base: "for being there",
  session: "a session",
  send: "a send",
  group: "a commit that sends share",
  delivery: "a delivery",
  sentKiB: "a KiB sent",
  deliveredKiB: "a KiB delivered",
  open: "an open",
  reconnect: "a reconnect",
  stored: "1,000 messages since the start",
};

export function modelSection(): string {
  const head = `## A model of what a workload costs

\`./banyan bench model fit\` runs workloads that differ in one thing at a time and some that mix them, and fits what each
session, send, commit, delivery, open and reconnect costs (least squares with coefficients that are not negative, errors
as shares, 95 % from a seeded bootstrap); \`predict\` says what another workload costs; \`check\` runs three that it was not
fitted on and fails where a prediction is off by more than ${100 * errorMax} %. They hold for rates like
the fitted ones, well below what saturates a core.`;
  if (!hasModel()) return `${head}\n\nNothing was fitted yet.`;
  const model = readModel();
  const where = "The coefficients are data: bench/model/coefficients.json.";
  const parts = (Object.keys(model) as Topology[]).map((topology) => ofTopology(topology, model[topology]!));
  return [head, where, ...parts].join("\n\n");
}

function ofTopology(topology: Topology, model: Coefficients): string {
  const roles = Object.keys(model.cpuUs);
  const rows = featureNames
    .map((name) => [meaning[name], ...roles.map((role) => interval(model.cpuUs[role]!, name))])
    .filter((row) => row.slice(1).some((cell) => cell !== ""));
  const runs = newestRun("check", topology);
  const checked = runs.flatMap((run, at) => {
    if (at === 0 || cells.some(({ name }) => name === run.workload.name)) return [];
    const lines = compare(model, run, runs[at - 1]!);
    const number = (value: number) =>
      value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 });
    return `Checked on _${run.workload.name}_: ${JSON.stringify(run.workload.streams)}, ${run.workload.sessions} sessions, ${run.workload.messageBytes} B, ${run.workload.opensPerSecond} opens/s, ${run.workload.reconnectsPerSecond} reconnects/s.\n\n${table(
      ["", "predicted", "measured", "error", ""],
      lines.map((line) => [
        `${line.what}, ${line.unit}`,
        number(line.predicted),
        number(line.measured),
        `${line.error >= 0 ? "+" : ""}${(100 * line.error).toFixed(0)} %`,
        line.judged ? (Math.abs(line.error) <= errorMax ? "ok" : "**wrong**") : "not judged",
      ]),
    )}`;
  });
  return [
    `### ${topology}`,
    told({ ...model.measured, command: `./banyan bench model fit --topology ${topology}` }),
    `Microseconds of CPU, ${model.cells} workloads:`,
    table(["", ...roles], rows),
    ...checked,
  ].join("\n\n");
}

function interval(part: Part, name: (typeof featureNames)[number]): string {
  const cost = part.costs[name];
  if (!cost) return "";
  const text = (value: number) =>
    value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(2);
  return `${text(cost.value)} (${text(cost.low)} to ${text(cost.high)})`;
}
