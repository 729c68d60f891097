// ./banyan cluster up: starts what does not run, in an order in which everything finds what it needs, and says so
// line by line. Run again it repairs.

import { resolve } from "node:path";
import { StartProblem } from "#app/start-problem.ts";
import { openWebAssets } from "#app/web-assets.ts";
import {
  chooseShape,
  type OneMachine,
  oneMachine,
  type Shape,
  shapeIn,
} from "#ops/cluster/cluster-on-one-machine.ts";
import type { PartProcess } from "#ops/cluster/parts/part-process.ts";
import { takenPorts } from "#ops/cluster/parts/ports.ts";
import { startAll } from "#ops/cluster/start-parts.ts";
import { root } from "#ops/root.ts";

/** Roles load Banyan, connect and migrate the database. */
const readyWithinMs = 60_000;

export async function up(folder: string, asked: Partial<Shape>, say: (line: string) => void): Promise<void> {
  if (process.platform !== "linux")
    throw new StartProblem("The parts of the cluster run on Linux.", "Elsewhere use deploy/compose.");
  const path = resolve(folder);
  const isNew = shapeIn(path) === null;
  const shape = chooseShape(path, asked);
  if (isNew) checkBase(shape.port);
  const cluster = oneMachine(path, shape);
  const running = await Promise.all(cluster.all.map((part) => part.isReady()));
  if (running.every(Boolean)) {
    say(`It is up already: ${whatIsThere(cluster)}`);
    return;
  }
  if (!isNew) checkPorts(cluster);
  say(`Bringing up ${cluster.all.length} processes; data, logs and passwords are in ${path}`);
  await bringUp(cluster, say);
  say(`Up: ${whatIsThere(cluster)}`);
}

async function bringUp(cluster: OneMachine, say: (line: string) => void): Promise<void> {
  const began = performance.now();
  const told = (part: PartProcess) => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
    say(`${seconds} s  ${part.name.padEnd(18)} ready, port ${part.port}, process ${part.pid()}`);
  };
  const ready = async (part: PartProcess) => {
    part.start();
    await part.untilReady(readyWithinMs);
    told(part);
  };
  // The web client is kept in the house, where the processes' own user may not write.
  const web = cluster.roles.length > 0 ? openWebAssets({ root }).warm() : null;
  await Promise.all([startAll(cluster.parts, told), web]);
  // One prepares the database, the others find it prepared.
  const [first, ...others] = cluster.roles;
  if (first) await ready(first);
  await Promise.all(others.map(ready));
  if (cluster.front) await ready(cluster.front);
}

function whatIsThere({ shape, parts }: OneMachine): string {
  return shape.partsOnly
    ? `the parts, without Banyan; how to reach them: ${parts.folder}/cluster.json`
    : `http://127.0.0.1:${shape.port}/`;
}

function checkBase(base: number): void {
  const taken = takenPorts(base);
  if (taken.length === 0) return;
  throw new StartProblem(
    `The cluster takes 100 ports from ${base} on, and somebody listens on ${taken.slice(0, 5).join(", ")}.`,
    "Choose another first port with --port.",
  );
}

function checkPorts({ all, shape }: OneMachine): void {
  const taken = takenPorts(shape.port);
  for (const part of all) {
    if (part.pid() !== null || !taken.includes(part.port)) continue;
    throw new StartProblem(
      `${part.name} needs port ${part.port}, and another program listens there.`,
      `Find it with: ss -ltnp sport = :${part.port}`,
    );
  }
}
