// The model as data: what each thing that a server does costs, of each of its parts, with confidence, and when and
// on what it was measured. `predict` is all that the model is.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stamp } from "#bench/scale/record.ts";
import type { Interval } from "./least-squares.ts";
import {
  type FeatureName,
  featureNames,
  featuresOf,
  sendsOf,
  type Topology,
  type Workload,
} from "./workload.ts";

export interface Part {
  readonly commitMs: number;
  /** In the unit of what is predicted, for one of each feature; features without a cost are left out. */
  readonly costs: Partial<Record<FeatureName, Interval>>;
}

export interface Coefficients {
  readonly measured: Pick<Stamp, "at" | "machine" | "versions" | "seed" | "commit" | "quiet">;
  readonly cells: number;
  /** Microseconds of CPU in a second, by role. */
  readonly cpuUs: Readonly<Record<string, Part>>;
  /** KiB, all parts of the server together. */
  readonly memoryKiB: Part;
  /** Both ways, in a second, as clients count them: without TCP's and IP's own. */
  readonly wireBytes: Part;
  /** Of the message tables with their indexes, for each message stored. */
  readonly diskBytes: Part;
  /** Of PostgreSQL's log of changes, in a second. */
  readonly walBytes: Part;
}

export type Model = Partial<Record<Topology, Coefficients>>;

export interface Prediction {
  readonly cpuUsPerSecond: Readonly<Record<string, number>>;
  readonly memoryKiB: number;
  readonly wireBytesPerSecond: number;
  readonly diskBytesPerMessage: number;
  readonly walBytesPerSecond: number;
}

const file = join(import.meta.dir, "coefficients.json");

export function hasModel(): boolean {
  return existsSync(file);
}

export function readModel(): Model {
  return JSON.parse(readFileSync(file, "utf8")) as Model;
}

export function writeModel(model: Model): void {
  writeFileSync(file, `${JSON.stringify(model, null, 2)}\n`);
}

export function predict(model: Coefficients, workload: Workload): Prediction {
  const cpu = Object.entries(model.cpuUs).map(([role, part]) => [role, costOf(part, workload)] as const);
  const sends = Math.max(1e-9, sendsOf(workload));
  return {
    cpuUsPerSecond: Object.fromEntries(cpu),
    memoryKiB: costOf(model.memoryKiB, workload),
    wireBytesPerSecond: costOf(model.wireBytes, workload),
    diskBytesPerMessage: costOf(model.diskBytes, workload) / sends,
    walBytesPerSecond: costOf(model.walBytes, workload),
  };
}

function costOf(part: Part, workload: Workload): number {
  const features = featuresOf(workload, part.commitMs);
  return featureNames.reduce((sum, name) => sum + features[name] * (part.costs[name]?.value ?? 0), 0);
}

/** A model with one cost made wrong: "cpuUs.postgres.group=2" doubles it. */
export function mutated(model: Coefficients, mutation: string): Coefficients {
  const found = /^(?:cpuUs\.(\w+)|(\w+))\.(\w+)=([\d.]+)$/.exec(mutation);
  const [, role, what, feature, factor] = found ?? [];
  const part = role ? model.cpuUs[role] : (model as unknown as Record<string, Part>)[what ?? ""];
  const cost = part?.costs?.[feature as FeatureName];
  if (!part || !cost) throw new Error(`"${mutation}" names no cost of this model.`);
  const value = cost.value * Number(factor);
  const changed: Part = { ...part, costs: { ...part.costs, [feature as FeatureName]: { ...cost, value } } };
  return role
    ? { ...model, cpuUs: { ...model.cpuUs, [role]: changed } }
    : ({ ...model, [what!]: changed } as Coefficients);
}
