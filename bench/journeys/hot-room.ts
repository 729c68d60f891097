// A room of 100,000 members of whom 20,000 are on line, over two gateways: what a delivery costs and how late it is, at
// the pace of a lively room and at ten times that. Every delivery is counted, and what is missing is said.

import { gather } from "#bench/driver/crowd.ts";
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
/** Deliveries to so many of the members are timed; all are counted. */
const sampled = 500;

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
    const seats = Array.from({ length: hotOnline }, (_, n) =>
      scene.target.seat(hotUsersFrom + n, [world.hotRoom()]),
    );
    const before = memoryByPart(server.parts!);
    const cameAt = performance.now();
    const { port, ports } = server;
    const crowd = await gather({ port, ports, dialect, seats, ear: load.ear, withinMs: 120_000 });
    const cameMs = performance.now() - cameAt;
    const after = memoryByPart(server.parts!);
    scene.say(`${hotOnline} are live after ${Math.round(cameMs)} ms`);
    const figures: Figures = {
      "hotRoom.members": hotMembers,
      "hotRoom.online": hotOnline,
      "hotRoom.gateways": gateways,
      "hotRoom.allLiveMs": cameMs,
      "hotRoom.gatewayKiBPerSession": (after.gateway! - before.gateway!) / hotOnline,
    };
    try {
      load.seat([roomOf(world.hotRoom(), crowd.links)]);
      for (const rate of rates) Object.assign(figures, await atRate(scene, load, rate));
      figures["hotRoom.missing"] = load.missing();
      if (load.missing() > 0) scene.warn(`${load.missing()} live deliveries did not come`);
      for (const [why, count] of crowd.lost) scene.warn(`${count} connections were lost: ${why}`);
      figures["hotRoom.lost"] = [...crowd.lost.values()].reduce((sum, count) => sum + count, 0);
      return figures;
    } finally {
      crowd.close();
    }
  },
};

async function atRate(scene: Scene, load: Load, rate: number): Promise<Figures> {
  const window: Window = await load.openLoop(rate, scene.sizes.warmSeconds, scene.sizes.seconds * 2);
  const phase = `at${rate}`;
  tell(scene, phase, window);
  judgeRate(scene, phase, window, rate);
  const each = (us: number) => us / Math.max(1, window.deliveries);
  return {
    [`hotRoom.${phase}.sendsPerSecond`]: window.perSecond,
    [`hotRoom.${phase}.deliveriesPerSecond`]: window.deliveries / window.seconds,
    [`hotRoom.${phase}.ackP99Ms`]: window.ack.p99Ms,
    [`hotRoom.${phase}.deliveryP50Ms`]: window.delivery.p50Ms,
    [`hotRoom.${phase}.deliveryP99Ms`]: window.delivery.p99Ms,
    [`hotRoom.${phase}.cpuUs`]: each(window.serverCpuUs),
    [`hotRoom.${phase}.gatewayCpuUs`]: each(window.partCpuUs.gateway ?? 0),
    [`hotRoom.${phase}.driverPercent`]: window.generatorShare * 100,
  };
}

function roomOf(place: string, members: readonly Link[]): Group {
  const every = Math.max(1, Math.floor(members.length / sampled));
  members.forEach((link, i) => {
    link.sampled = i % every === 0;
  });
  return { place, members, senders: members.slice(1), watcherOf: () => members[0]! };
}
