// Fills the database of a cluster under load, through the ports and before its roles start: the same accounts, pairs
// and rooms as the embedded server has, and a crowd that comes back at once.

import { SQL } from "bun";
import { openPostgres } from "#adapters/postgres/open.ts";
import type { Outcome } from "#bench/journey-process.ts";
import { worldSeed } from "#bench/targets/banyan.ts";
import { startClusterParts } from "#bench/targets/banyan-cluster.ts";
import { makeWorld, type SeedJob } from "./seed.ts";
import { worldOf } from "./world.ts";

const emojiPerMessageMax = 20;

if (import.meta.main) {
  const outcome = await seedCluster(JSON.parse(process.argv[2]!) as SeedJob);
  process.stdout.write(`${JSON.stringify(outcome)}\n`, () => process.exit(0));
}

async function seedCluster({ folder, sizes }: SeedJob): Promise<Outcome> {
  const startedAt = performance.now();
  const say = (line: string) =>
    console.error(`  ${((performance.now() - startedAt) / 1000).toFixed(1)} s: ${line}`);
  const parts = await startClusterParts(folder, sizes.cluster);
  say(`${parts.all.length} parts are up`);
  try {
    const url = parts.connections.postgresUrlOf(await parts.primary());
    // What can be made again need not reach two disks one by one.
    await setCommits(url, "set synchronous_commit = 'off'");
    const ports = await openPostgres({ url, emojiPerMessageMax });
    await makeWorld(ports, worldOf(worldSeed), { ...sizes, crowd: sizes.storm }, say);
    await ports.close();
    await setCommits(url, "reset synchronous_commit");
  } finally {
    await parts.stop();
  }
  return { figures: {}, warnings: [] };
}

async function setCommits(url: string, change: string): Promise<void> {
  const sql = new SQL({ url, max: 1 });
  await sql.unsafe(`alter role banyan ${change}`);
  await sql.close();
}
