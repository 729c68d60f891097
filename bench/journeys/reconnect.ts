// All clients come back at the same moment: after a restart of the server, and once more to the server that is running
// by then, as the sessions of a gateway that died come to another. No pacing, no jitter: the worst case.
// Timed from the moment at which the server answers; PostgreSQL's work in that time is counted.

import { comeBack } from "#bench/driver/come-back.ts";
import { gather } from "#bench/driver/crowd.ts";
import type { Seat } from "#bench/driver/dialect.ts";
import { Histogram } from "#bench/driver/histogram.ts";
import { cpuUsOf } from "#bench/driver/process-tree.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import { databaseWork } from "#bench/seeding/database.ts";
import { besideBanyan } from "#bench/targets/target.ts";

/** The slowest of the peers lets in some hundred a second. */
const withinMs = 180_000;
/** Each backend of PostgreSQL reports its counts when it has been idle for a second; servers forget who went. */
const settleMs = 2_500;
const deaf = { acked() {}, refused() {}, delivered() {}, saw() {} };

interface Running {
  readonly port: number;
  readonly pids: readonly number[];
}

export const reconnectJourney: Journey = {
  name: "reconnect",
  title: "all clients come back at once",
  targets: ["banyan", ...besideBanyan],
  async run(scene) {
    const seats = scene.target.crowd(scene.sizes.crowd);
    const cores = null;
    const first = await scene.start({ cores });
    const dialect = scene.target.dialect(scene.seed);
    const crowd = await gather({ port: first.port, dialect, seats, ear: deaf, withinMs: 120_000 });
    const stoppedAt = performance.now();
    await first.stop();
    crowd.close();
    const server = await scene.start({ cores });
    scene.say(`stopped and started again in ${Math.round(performance.now() - stoppedAt)} ms`);
    const cold = await cameBack(scene, server, seats);
    const warm = await cameBack(scene, server, seats);
    return {
      "reconnect.allLiveMs": cold.allLiveMs,
      "reconnect.perSecond": seats.length / (cold.allLiveMs / 1000),
      "reconnect.halfLiveMs": cold.halfLiveMs,
      "reconnect.cpuUsPerSession": cold.cpuUs / seats.length,
      "reconnect.retries": cold.retries,
      ...cold.database,
      "reconnect.warm.allLiveMs": warm.allLiveMs,
      "reconnect.warm.cpuUs": warm.cpuUs / seats.length,
    };
  },
};

async function cameBack(scene: Scene, server: Running, seats: readonly Seat[]) {
  const dialect = scene.target.dialect(scene.seed);
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
  await Bun.sleep(settleMs);
  const after = isBanyan ? await databaseWork(scene) : null;
  close();
  await Bun.sleep(settleMs);
  const halfLiveMs = times.percentiles().p50Ms;
  scene.say(
    `${seats.length} live after ${Math.round(allLiveMs)} ms (half of them ${Math.round(halfLiveMs)} ms)`,
  );
  const share = (us: number) => `${Math.round(us / 10 / allLiveMs)} %`;
  scene.say(`of one core: server and PostgreSQL ${share(cpuUs)}, driver ${share(own.user + own.system)}`);
  if (retries > 0) scene.say(`${retries} connections were refused or lost on the way and tried again`);
  const database: Figures =
    before && after
      ? {
          "reconnect.statements": after.transactions - before.transactions,
          "reconnect.rowsRead": after.rowsFetched - before.rowsFetched,
          "reconnect.diskBlocksRead": after.blocksRead - before.blocksRead,
        }
      : {};
  return { allLiveMs, halfLiveMs, cpuUs, retries, database };
}
