// The shape that the three messaging journeys share: connect, saturate, half of that, then the fixed rates.

import { gather } from "#bench/driver/crowd.ts";
import type { Seat } from "#bench/driver/dialect.ts";
import { type Group, Load, type Window } from "#bench/driver/load.ts";
import type { Link } from "#bench/driver/web-socket.ts";
import { judgeRate, judgeSaturation, tell, tellMissing } from "#bench/driver/windows.ts";
import type { Figures, Scene } from "#bench/journey.ts";
import type { RunningTarget } from "#bench/targets/target.ts";

/** Of what it does when saturated: more is not asked of it at a fixed pace. */
const feasibleShare = 0.95;
/** Some peers look at all members of a room for each who joins. */
const joinedWithinMs = 120_000;
/** For what is written behind the acknowledgement, or was under way when the load ended. */
const archivedWithinMs = 10_000;

export interface GroupLoad {
  readonly name: string;
  readonly seats: readonly Seat[];
  readonly groupsOf: (links: readonly Link[]) => readonly Group[];
  readonly inFlightPerGroup: number;
  /** Messages a second over all groups. */
  readonly fixedRates: readonly number[];
  /** What the CPU is divided by. */
  readonly per: "message" | "delivery";
}

export async function runGroupLoad(scene: Scene, job: GroupLoad): Promise<Figures> {
  const { sizes } = scene;
  const server = await scene.start();
  const archivedBefore = (await server.archived?.()) ?? 0;
  const dialect = scene.target.dialect(scene.seed);
  const load = new Load(dialect, server.pids, server.parts);
  const { port, ports } = server;
  const crowd = await gather({
    port,
    ports,
    dialect,
    seats: job.seats,
    ear: load.ear,
    withinMs: joinedWithinMs,
  });
  const figures: Figures = {};
  const keep = (phase: string, window: Window) => {
    tell(scene, phase, window);
    const units = job.per === "message" ? window.acked : window.deliveries;
    if (units === 0) return;
    figures[`${job.name}.${phase}.cpuUs`] = window.serverCpuUs / units;
    figures[`${job.name}.${phase}.postgresCpuUs`] = window.postgresCpuUs / units;
    for (const [part, us] of Object.entries(window.partCpuUs))
      figures[`${job.name}.${phase}.cpuUs.${part}`] = us / units;
  };
  try {
    load.seat(job.groupsOf(crowd.links));
    const full = await load.closedLoop(job.inFlightPerGroup, sizes.warmSeconds, sizes.seconds);
    keep("saturation", full);
    judgeSaturation(scene, "saturation", full);
    figures[`${job.name}.saturation.perSecond`] =
      (job.per === "message" ? full.acked : full.deliveries) / full.seconds;
    figures[`${job.name}.saturation.sendsPerSecond`] = full.perSecond;
    const halfRate = full.perSecond / 2;
    const half = await load.openLoop(halfRate, sizes.warmSeconds / 2, sizes.seconds / 2);
    tell(scene, "half", half);
    judgeRate(scene, "half", half, halfRate);
    figures[`${job.name}.half.ackP50Ms`] = half.ack.p50Ms;
    figures[`${job.name}.half.ackP99Ms`] = half.ack.p99Ms;
    figures[`${job.name}.half.ackP999Ms`] = half.ack.p999Ms;
    figures[`${job.name}.half.deliveryP50Ms`] = half.delivery.p50Ms;
    figures[`${job.name}.half.deliveryP99Ms`] = half.delivery.p99Ms;
    figures[`${job.name}.half.deliveryP999Ms`] = half.delivery.p999Ms;
    figures[`${job.name}.half.bytesPerMessage`] = half.bytesPerMessage;
    figures[`${job.name}.half.bytesPerDelivery`] = half.bytesInPerDelivery;
    for (const rate of job.fixedRates) {
      // What it cannot do would only pile up, and spoil what comes next.
      if (rate > full.perSecond * feasibleShare) {
        scene.warn(`fixed${rate} left out: it does no more than ${Math.round(full.perSecond)} messages/s`);
        continue;
      }
      const window = await load.openLoop(rate, sizes.warmSeconds / 2, sizes.seconds);
      const phase = `fixed${rate}`;
      keep(phase, window);
      figures[`${job.name}.${phase}.ackP50Ms`] = window.ack.p50Ms;
      figures[`${job.name}.${phase}.ackP99Ms`] = window.ack.p99Ms;
      figures[`${job.name}.${phase}.deliveryP50Ms`] = window.delivery.p50Ms;
      figures[`${job.name}.${phase}.deliveryP99Ms`] = window.delivery.p99Ms;
      if (!judgeRate(scene, phase, window, rate)) delete figures[`${job.name}.${phase}.cpuUs`];
    }
    tellMissing(scene, load, crowd.lost);
    Object.assign(figures, await compareArchive(scene, server, archivedBefore, load, job.name));
  } finally {
    crowd.close();
  }
  return figures;
}

/** Whether all that was acknowledged is in the archive, where the server keeps one. */
async function compareArchive(
  scene: Scene,
  server: RunningTarget,
  before: number,
  load: Load,
  name: string,
): Promise<Figures> {
  if (!server.archived) {
    scene.say(`archive: none to compare with; ${scene.target.promise}`);
    return {};
  }
  const acked = load.ackedCount;
  const deadline = performance.now() + archivedWithinMs;
  let archived = (await server.archived()) - before;
  while (archived < acked && performance.now() < deadline) {
    await Bun.sleep(250);
    archived = (await server.archived()) - before;
  }
  scene.say(`archive: ${archived} messages in it, ${acked} acknowledged`);
  if (archived < acked) scene.warn(`${acked - archived} acknowledged messages are not in the archive`);
  return { [`${name}.archived`]: archived, [`${name}.acknowledged`]: acked };
}
