// All sessions come to two gateways or more in the same moment: with caches that have nothing yet, again when these are
// warm, and with a small bound on hellos, where most are told when to come back.

import { comeBack } from "#bench/driver/come-back.ts";
import { Histogram } from "#bench/driver/histogram.ts";
import { cpuUsOf } from "#bench/driver/process-tree.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import { databaseWork } from "#bench/seeding/database.ts";
import type { RunningTarget } from "#bench/targets/target.ts";

const gatewaysMin = 2;
const smallBound = 100;

export const stormJourney: Journey = {
  name: "storm",
  title: "all sessions come to the gateways at once",
  targets: ["banyan-cluster"],
  isExtra: true,
  async run(scene) {
    const usual = scene.sizes.cluster;
    const cluster = { ...usual, gateways: Math.max(usual.gateways, gatewaysMin) };
    const server = await scene.start({ cluster, cores: null });
    const cold = await storm(scene, server, "cold");
    const warm = await storm(scene, server, "warm");
    await server.stop();
    const env = { ...usual.env, BANYAN_HELLOS_MAX: String(smallBound) };
    const bounded = await storm(
      scene,
      await scene.start({ cluster: { ...cluster, env }, cores: null }),
      "bounded",
    );
    return { ...cold, ...warm, ...bounded };
  },
};

async function storm(scene: Scene, server: RunningTarget, name: string): Promise<Figures> {
  const seats = scene.target.crowd(scene.sizes.storm);
  const dialect = scene.target.dialect(scene.seed);
  const database = { url: server.databaseUrl! };
  const before = await databaseWork(database);
  const cpuBefore = cpuUsOf(server.pids);
  const times = new Histogram();
  const startedAt = performance.now();
  const { retries, refused, close } = await comeBack(server.ports ?? [server.port], dialect, seats, () =>
    times.recordMs(performance.now() - startedAt),
  );
  const allLiveMs = performance.now() - startedAt;
  const cpuUs = cpuUsOf(server.pids) - cpuBefore;
  // Each backend reports its counts when it has been idle for a second.
  await Bun.sleep(2500);
  const after = await databaseWork(database);
  close();
  const statements = after.transactions - before.transactions;
  const { p50Ms, p99Ms } = times.percentiles();
  scene.say(
    `${name}: ${seats.length} live after ${Math.round(allLiveMs)} ms (p50 ${Math.round(p50Ms)}, p99 ${Math.round(p99Ms)}), ` +
      `${statements} transactions, ${after.rowsFetched - before.rowsFetched} rows, ${retries} came again, refused ${JSON.stringify(refused)}`,
  );
  return {
    [`storm.${name}.sessions`]: seats.length,
    [`storm.${name}.allLiveMs`]: allLiveMs,
    [`storm.${name}.halfLiveMs`]: p50Ms,
    [`storm.${name}.cpuUsPerSession`]: cpuUs / seats.length,
    [`storm.${name}.statements`]: statements,
    [`storm.${name}.rowsRead`]: after.rowsFetched - before.rowsFetched,
    [`storm.${name}.refused`]: refused.overloaded ?? 0,
  };
}
