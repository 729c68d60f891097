// The whole topology on one machine, as ./banyan cluster keeps it: described by its folder alone, so that every run
// of the verb finds the same processes, whoever started them.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartProblem } from "#app/start-problem.ts";
import { openClusterFolder } from "#ops/cluster/parts/folder.ts";
import { type PartProcess, partProcess } from "#ops/cluster/parts/part-process.ts";
import { frontPart, roleParts, roleProcesses } from "#ops/cluster/roles.ts";
import { type DescribedParts, describeParts, smallCluster, wholeCluster } from "#ops/cluster/start-parts.ts";

export interface Shape {
  readonly gateways: number;
  readonly small: boolean;
  readonly port: number;
  /** Without Banyan's own processes, for somebody who starts these by hand. */
  readonly partsOnly: boolean;
}

export interface OneMachine {
  readonly shape: Shape;
  readonly parts: DescribedParts;
  readonly roles: readonly PartProcess[];
  readonly front: PartProcess | null;
  /** In the order of starting. */
  readonly all: readonly PartProcess[];
}

export const defaultFolder = ".banyan-cluster";

/** What was brought up in this folder; null where nothing was. */
export function shapeIn(folder: string): Shape | null {
  const file = shapeFile(folder);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

const flags: Record<keyof Shape, string> = {
  gateways: "--gateways",
  small: "--small",
  port: "--port",
  partsOnly: "--parts-only",
};

/** The shape of a new folder is what was asked for; a folder that is there keeps its own. */
export function chooseShape(folder: string, asked: Partial<Shape>): Shape {
  const found = shapeIn(folder);
  if (!found) {
    const small = asked.small ?? false;
    const gateways = asked.gateways ?? (small ? 1 : 2);
    return { gateways, small, port: asked.port ?? 7300, partsOnly: asked.partsOnly ?? false };
  }
  for (const name of Object.keys(flags) as (keyof Shape)[]) {
    if (asked[name] === undefined || asked[name] === found[name]) continue;
    throw new StartProblem(
      `The cluster in ${folder} was made with ${flags[name]} ${found[name]}, and a cluster keeps its form.`,
      `Leave the option out, choose another --dir, or end this one with: ./banyan cluster down --purge --dir ${folder}`,
    );
  }
  return found;
}

export function oneMachine(folder: string, shape: Shape): OneMachine {
  const opened = openClusterFolder(folder, () => shape.port);
  if (!existsSync(shapeFile(opened.path)))
    writeFileSync(shapeFile(opened.path), `${JSON.stringify(shape)}\n`);
  const parts = describeParts(opened, shape.small ? smallCluster : wholeCluster);
  const processes = shape.partsOnly ? [] : roleProcesses(shape);
  const roles = roleParts(opened, processes, parts.connections).map((it) => partProcess(it, opened));
  const front = shape.partsOnly ? null : partProcess(frontPart(opened, processes), opened);
  return { shape, parts, roles, front, all: [...parts.all, ...roles, ...(front ? [front] : [])] };
}

function shapeFile(folder: string): string {
  return join(folder, "shape.json");
}
