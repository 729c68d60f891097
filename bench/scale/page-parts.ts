// What the sections of docs/scale.md share.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Unit } from "#bench/plots/units.ts";
import { curvePlot, type Series } from "./curve-plot.ts";
import type { Stamp } from "./record.ts";

export const docs = join(import.meta.dir, "../../docs");
export const images = join(docs, "images");
/** Of the resampling by which curves get their ranges. */
export const seed = 7226;

/** How a measurement was made, in one line. */
export function told({ command, at, commit, machine, seed, quiet }: Omit<Stamp, "versions">): string {
  const doubt = quiet ? "" : " **On a machine that was not quiet.**";
  return `\`${command}\`, ${at.slice(0, 10)}, commit ${commit}; ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, kernel ${machine.kernel}; seed ${seed}.${doubt}`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** The newest of each number; a quiet one before one that was not. */
export function newestOf<T extends Stamp>(
  points: readonly T[],
  key: (point: T) => string,
  isQuiet: (point: T) => boolean = ({ quiet }) => quiet,
): T[] {
  const found = new Map<string, T>();
  for (const point of points) {
    const there = found.get(key(point));
    if (!there || isQuiet(point) || !isQuiet(there)) found.set(key(point), point);
  }
  return [...found.values()];
}

export function range(
  it: { value: number; low: number; high: number },
  text: (value: number) => string,
): string {
  return `${text(it.value)} (${text(it.low)} to ${text(it.high)})`;
}

export function picture(
  name: string,
  title: string,
  unit: Unit,
  of: string,
  series: readonly Series[],
): void {
  writeFileSync(join(images, `scale-${name}.svg`), curvePlot(title, unit, of, series));
}

export const whole = (value: number) => Math.round(value).toLocaleString("en");
export const us = (value: number) => (value >= 100 ? whole(value) : value.toFixed(1));
