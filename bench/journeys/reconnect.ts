// All clients come back at the same moment after a restart of the server. No pacing, no jitter: the worst case.
// Timed from the moment at which the new server answers; PostgreSQL's work in that time is counted.

import { gather } from "#bench/driver/crowd.ts";
import type { Dialect, Ear, Seat } from "#bench/driver/dialect.ts";
import { Histogram } from "#bench/driver/histogram.ts";
import { cpuUsOf } from "#bench/driver/process-tree.ts";
import { dial, type Link } from "#bench/driver/web-socket.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import { databaseWork } from "#bench/seeding/database.ts";

const retryMs = 250;
const withinMs = 60_000;
const addressCount = 8;
const deaf = { acked() {}, refused() {}, delivered() {}, saw() {} };

export const reconnectJourney: Journey = {
  name: "reconnect",
  title: "all clients come back at once",
  targets: ["banyan"],
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
    return comeBack(scene, server, dialect, seats);
  },
};

async function comeBack(
  scene: Scene,
  server: { port: number; pids: readonly number[] },
  dialect: Dialect,
  seats: readonly Seat[],
): Promise<Figures> {
  const before = await databaseWork(scene.folder);
  const cpuBefore = cpuUsOf(server.pids);
  const times = new Histogram();
  const ownBefore = process.cpuUsage();
  const startedAt = performance.now();
  const { retries, close } = await dialAll(server.port, dialect, seats, () =>
    times.recordMs(performance.now() - startedAt),
  );
  const allLiveMs = performance.now() - startedAt;
  const own = process.cpuUsage(ownBefore);
  const cpuUs = cpuUsOf(server.pids) - cpuBefore;
  // Each backend reports its counts when it has been idle for a second.
  await Bun.sleep(2500);
  const after = await databaseWork(scene.folder);
  close();
  const { p50Ms } = times.percentiles();
  scene.say(`${seats.length} live after ${Math.round(allLiveMs)} ms (half of them ${Math.round(p50Ms)} ms)`);
  const share = (us: number) => `${Math.round(us / 10 / allLiveMs)} %`;
  scene.say(`of one core: server and PostgreSQL ${share(cpuUs)}, driver ${share(own.user + own.system)}`);
  if (retries > 0) scene.say(`${retries} connections were refused or lost on the way and tried again`);
  return {
    "reconnect.allLiveMs": allLiveMs,
    "reconnect.halfLiveMs": p50Ms,
    "reconnect.cpuUsPerSession": cpuUs / seats.length,
    "reconnect.statements": after.transactions - before.transactions,
    "reconnect.rowsRead": after.rowsFetched - before.rowsFetched,
    "reconnect.diskBlocksRead": after.blocksRead - before.blocksRead,
  };
}

async function dialAll(port: number, dialect: Dialect, seats: readonly Seat[], onLive: () => void) {
  const all = Promise.withResolvers<void>();
  const links: Link[] = [];
  let live = 0;
  let retries = 0;
  let isOver = false;
  const ear: Ear = {
    ...deaf,
    live(link) {
      if (link.live) return;
      link.live = true;
      onLive();
      if (++live === seats.length) all.resolve();
    },
  };
  const again = (link: Link) => {
    if (isOver) return;
    if (link.live) live--;
    link.live = false;
    retries++;
    setTimeout(() => dialOne(link.index), retryMs);
  };
  const handler = {
    opened: (link: Link) => dialect.opened(link, seats[link.index]!),
    message: (link: Link, bytes: Buffer, from: number, to: number) =>
      dialect.received(link, bytes, from, to, ear),
    closed: again,
  };
  const dialOne = (index: number) => {
    const host = `127.0.0.${1 + (index % addressCount)}`;
    const path = dialect.path(seats[index]!);
    const link = dial({ host, port, path, subprotocol: dialect.subprotocol }, handler);
    link.index = index;
    links[index] = link;
  };
  const close = () => {
    isOver = true;
    for (const link of links) link.cut();
  };
  for (let index = 0; index < seats.length; index++) dialOne(index);
  const timeout = setTimeout(
    () => all.reject(new Error(`only ${live} of ${seats.length} came back in time`)),
    withinMs,
  );
  await all.promise.catch((error) => {
    close();
    throw error;
  });
  clearTimeout(timeout);
  return { retries, close };
}
