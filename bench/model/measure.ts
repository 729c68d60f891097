// Runs workloads one after the other against a server of its own and keeps what came out, one line each.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SQL } from "bun";
import { assert } from "#base/assert.ts";
import { quickSizes, type Sizes } from "#bench/journey.ts";
import { openDatabase } from "#bench/seeding/database.ts";
import { worldOf } from "#bench/seeding/world.ts";
import { banyanTarget, worldSeed } from "#bench/targets/banyan.ts";
import { banyanClusterTarget } from "#bench/targets/banyan-cluster.ts";
import { onCores, type RunningTarget, usualCluster } from "#bench/targets/target.ts";
import { type Measured, runWorkload } from "./run-workload.ts";
import { lookInto } from "./storage.ts";
import type { Topology, Workload } from "./workload.ts";

const cluster = { ...usualCluster, front: true };
const crowd = 2_000;
const sizes: Sizes = { ...quickSizes, crowd, storm: crowd, longHistoryMessages: 1_000, cluster };
/** So that each pair has a page of history before anybody opens it, and the server has compiled what it does. */
const prefill: Workload = {
  name: "prefill",
  sessions: 400,
  streams: [{ online: 2, groups: 200, sendsPerSecond: 1_000 }],
  messageBytes: 100,
  opensPerSecond: 40,
  reconnectsPerSecond: 20,
};
const prefillSeconds = 9;

export interface MeasureWish {
  readonly topology: Topology;
  readonly workloads: readonly Workload[];
  readonly seconds: number;
  readonly seed: number;
  readonly kept: (measured: Measured) => void;
}

export async function measureAll(wish: MeasureWish): Promise<void> {
  const folder = join(import.meta.dir, "../../.artifacts", `model-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const target = wish.topology === "embedded" ? banyanTarget : banyanClusterTarget;
  try {
    seedInto(folder, wish.topology);
    const server = await target.start({ cores: "0", folder, cluster });
    const sql = databaseOf(server, folder);
    try {
      await onCores("1", () => runAll(wish, server, sql));
    } finally {
      await sql.close();
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runAll(wish: MeasureWish, server: RunningTarget, sql: SQL): Promise<void> {
  const parts = wish.topology === "embedded" ? { server: server.pids } : server.parts!;
  const scene = {
    server: { ...server, parts },
    world: worldOf(worldSeed),
    look: () => lookInto(sql),
    seed: wish.seed,
    seconds: wish.seconds,
    mustKeepUp: true,
    storedAtStart: (await lookInto(sql)).messages,
  };
  await runWorkload({ ...scene, seconds: prefillSeconds, mustKeepUp: false }, prefill);
  for (const workload of wish.workloads) {
    const measured = await runWorkload(scene, workload).catch((error: Error) => error);
    if (measured instanceof Error) {
      console.error(`  ! ${workload.name} is left out: ${measured.message}`);
      continue;
    }
    wish.kept(measured);
    console.error(`  ${workload.name}: ${cpuText(measured.cpuUsPerSecond)}`);
  }
}

function cpuText(cpu: Readonly<Record<string, number>>): string {
  return Object.entries(cpu)
    .map(([part, us]) => `${part} ${(us / 10_000).toFixed(1)} %`)
    .join(", ");
}

function databaseOf(server: RunningTarget, folder: string): SQL {
  return server.databaseUrl ? new SQL({ url: server.databaseUrl, max: 1 }) : openDatabase(folder);
}

function seedInto(folder: string, topology: Topology): void {
  const script = topology === "embedded" ? "seed.ts" : "seed-cluster.ts";
  const path = join(import.meta.dir, "../seeding", script);
  const { exitCode } = Bun.spawnSync([process.execPath, path, JSON.stringify({ folder, sizes })], {
    stdout: "ignore",
    stderr: "inherit",
  });
  assert(exitCode === 0, "seeding failed");
}
