// All clients come back at the same moment after a restart of the server. No pacing, no jitter: the worst case.
// Timed from the moment at which the new server answers; PostgreSQL's work in that time is counted.

import { comeBack } from "#bench/driver/come-back.ts";
import { gather } from "#bench/driver/crowd.ts";
import type { Dialect, Seat } from "#bench/driver/dialect.ts";
import { Histogram } from "#bench/driver/histogram.ts";
import { cpuUsOf } from "#bench/driver/process-tree.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import { type DatabaseWork, databaseWork } from "#bench/seeding/database.ts";
import { besideBanyan } from "#bench/targets/target.ts";

/** The slowest of the peers lets in some hundred a second. */
const withinMs = 180_000;
const deaf = { acked() {}, refused() {}, delivered() {}, saw() {} };

export const reconnectJourney: Journey = {
  name: "reconnect",
  title: "all clients come back at once",
  targets: ["banyan", ...besideBanyan],
  async run(scene) {
    const seats = scene.target.crowd(scene.sizes.crowd);
    const dialect = scene.target.dialect(scene.seed);
    const cores = null;
    const first = await scene.start({ cores });
    const crowd = await gather({ port: first.port, dialect, seats, ear: deaf, withinMs: 120_000 });
    const stoppedAt = performance.now();
    await first.stop();
    crowd.close();
    const server = await scene.start({ cores });
    const readyAt = performance.now();
    scene.say(`stopped and started again in ${Math.round(readyAt - stoppedAt)} ms`);
    return measured(scene, server, dialect, seats);
  },
};

async function measured(
  scene: Scene,
  server: { port: number; pids: readonly number[] },
  dialect: Dialect,
  seats: readonly Seat[],
): Promise<Figures> {
  const isBanyan = scene.target.role === "ours";
  const before = isBanyan ? await databaseWork(scene) : null;
  const cpuBefore = cpuUsOf(server.pids);
  const times = new Histogram();
  const ownBefore = process.cpuUsage();
  const startedAt = performance.now();
  const onLive = () => times.recordMs(performance.now() - startedAt);
  const { retries, close } = await comeBack([server.port], dialect, seats, onLive, withinMs);
  const allLiveMs = performance.now() - startedAt;
  const own = process.cpuUsage(ownBefore);
  const cpuUs = cpuUsOf(server.pids) - cpuBefore;
  // Each backend reports its counts when it has been idle for a second.
  await Bun.sleep(2500);
  const after = isBanyan ? await databaseWork(scene) : null;
  close();
  const { p50Ms } = times.percentiles();
  scene.say(`${seats.length} live after ${Math.round(allLiveMs)} ms (half of them ${Math.round(p50Ms)} ms)`);
  const share = (us: number) => `${Math.round(us / 10 / allLiveMs)} %`;
  scene.say(`of one core: server and PostgreSQL ${share(cpuUs)}, driver ${share(own.user + own.system)}`);
  if (retries > 0) scene.say(`${retries} connections were refused or lost on the way and tried again`);
  return {
    "reconnect.allLiveMs": allLiveMs,
    "reconnect.perSecond": seats.length / (allLiveMs / 1000),
    "reconnect.halfLiveMs": p50Ms,
    "reconnect.cpuUsPerSession": cpuUs / seats.length,
    "reconnect.retries": retries,
    ...(before && after ? databaseFigures(before, after) : {}),
  };
}

function databaseFigures(before: DatabaseWork, after: DatabaseWork): Figures {
  return {
    "reconnect.statements": after.transactions - before.transactions,
    "reconnect.rowsRead": after.rowsFetched - before.rowsFetched,
    "reconnect.diskBlocksRead": after.blocksRead - before.blocksRead,
  };
}
