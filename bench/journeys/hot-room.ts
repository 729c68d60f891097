// A room of 100,000 members of whom 20,000 are on line, over two gateways: what a delivery costs and how late it is, at
// the pace of a lively room and at ten times that. Every delivery is counted, and what is missing is said.

import { gather } from "#bench/driver/crowd.ts";
import { Histogram } from "#bench/driver/histogram.ts";
import { type Listeners, startListeners } from "#bench/driver/listeners.ts";
import { type Group, Load, type Window } from "#bench/driver/load.ts";
import { memoryByPart } from "#bench/driver/process-tree.ts";
import type { Link } from "#bench/driver/web-socket.ts";
import { judgeRate, tell } from "#bench/driver/windows.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import { seedHotRoom } from "#bench/seeding/hot-room.ts";
import { hotUsersFrom, worldOf } from "#bench/seeding/world.ts";
import { worldSeed } from "#bench/targets/banyan.ts";

const gatewaysMin = 2;
const rates = [3, 30];
/** Those who send and some who listen are here; the others listen in processes of their own, so many in each. */
const hereMax = 1_000;
const listenersMax = 7_000;
/** Deliveries to every so many of the members are timed; all are counted. */
const sampleEvery = 40;

export const hotRoomJourney: Journey = {
  name: "hotRoom",
  title: "a room of 100,000, 20,000 of them on line",
  targets: ["banyan-cluster"],
  isExtra: true,
  async run(scene) {
    const { hotMembers, hotOnline, cluster } = scene.sizes;
    const world = worldOf(worldSeed);
    const gateways = Math.max(cluster.gateways, gatewaysMin);
    const server = await scene.start({ cluster: { ...cluster, gateways } });
    const seededAt = performance.now();
    await seedHotRoom(server.databaseUrl!, world, hotMembers, hotOnline);
    scene.say(`${hotMembers} members are there after ${Math.round(performance.now() - seededAt)} ms`);
    const dialect = scene.target.dialect(scene.seed);
    const load = new Load(dialect, server.pids, server.parts);
    const here = Math.min(hotOnline, hereMax);
    const seats = Array.from({ length: here }, (_, n) =>
      scene.target.seat(hotUsersFrom + n, [world.hotRoom()]),
    );
    const before = memoryByPart(server.parts!);
    const cameAt = performance.now();
    const { port, ports = [port] } = server;
    const crowd = await gather({ port, ports, dialect, seats, ear: load.ear });
    const others: Listeners[] = [];
    try {
      for (let from = here; from < hotOnline; from += listenersMax) {
        const count = Math.min(listenersMax, hotOnline - from);
        const tokens = Array.from({ length: count }, (_, i) => world.token(hotUsersFrom + from + i));
        others.push(await startListeners({ ports, tokens, sampleEvery }));
      }
      const cameMs = performance.now() - cameAt;
      const after = memoryByPart(server.parts!);
      scene.say(`${hotOnline} are live after ${Math.round(cameMs)} ms`);
      load.seat([roomOf(world.hotRoom(), crowd.links, hotOnline - here)]);
      const figures: Figures = {
        "hotRoom.members": hotMembers,
        "hotRoom.online": hotOnline,
        "hotRoom.gateways": gateways,
        "hotRoom.gatewayKiBPerSession": (after.gateway! - before.gateway!) / hotOnline,
      };
      for (const rate of rates) Object.assign(figures, await atRate(scene, load, others, rate));
      const heard = await Promise.all(others.map((each) => each.heard()));
      const losses = [...crowd.lost, ...heard.flatMap((each) => Object.entries(each.lost))];
      for (const [why, count] of losses) scene.warn(`${count} connections were lost: ${why}`);
      const lost = sum(losses, ([, count]) => count);
      const missing =
        load.missing() +
        sum(heard, (each) => sum(each.counts, (count) => Math.max(0, load.ackedCount - count)));
      if (missing > 0) scene.warn(`${missing} live deliveries did not come`);
      return { ...figures, "hotRoom.missing": missing, "hotRoom.lost": lost };
    } finally {
      crowd.close();
      for (const each of others) each.stop();
    }
  },
};

async function atRate(
  scene: Scene,
  load: Load,
  others: readonly Listeners[],
  rate: number,
): Promise<Figures> {
  await Promise.all(others.map((each) => each.heard()));
  const window: Window = await load.openLoop(rate, scene.sizes.warmSeconds, scene.sizes.seconds * 2);
  const phase = `at${rate}`;
  tell(scene, phase, window);
  judgeRate(scene, phase, window, rate);
  const delivery = new Histogram();
  for (const { seen } of await Promise.all(others.map((each) => each.heard())))
    for (const [op, atMs] of seen) {
      const startedAt = load.startedAtEpochMs(op);
      if (startedAt !== null) delivery.recordMs(atMs - startedAt);
    }
  const { p50Ms, p99Ms, count } = others.length > 0 ? delivery.percentiles() : window.delivery;
  scene.say(`${phase}: ${count} deliveries timed, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`);
  const each = (us: number) => us / Math.max(1, window.deliveries);
  return {
    [`hotRoom.${phase}.sendsPerSecond`]: window.perSecond,
    [`hotRoom.${phase}.deliveriesPerSecond`]: window.deliveries / window.seconds,
    [`hotRoom.${phase}.ackP99Ms`]: window.ack.p99Ms,
    [`hotRoom.${phase}.deliveryP50Ms`]: p50Ms,
    [`hotRoom.${phase}.deliveryP99Ms`]: p99Ms,
    [`hotRoom.${phase}.cpuUs`]: each(window.serverCpuUs),
    [`hotRoom.${phase}.gatewayCpuUs`]: each(window.partCpuUs.gateway ?? 0),
    [`hotRoom.${phase}.driverPercent`]: window.generatorShare * 100,
  };
}

function roomOf(place: string, members: readonly Link[], elsewhere: number): Group {
  members.forEach((link, i) => {
    link.sampled = i % sampleEvery === 0;
  });
  return { place, members, elsewhere, senders: members.slice(1), watcherOf: () => members[0]! };
}

function sum<T>(values: readonly T[], read: (value: T) => number): number {
  return values.reduce((total, value) => total + read(value), 0);
}
