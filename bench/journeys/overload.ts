// Three times as much as the server can do, from clients that do not slow down: how much of its best it still does,
// whether it says no with a time, and how soon afterwards it is as quick as before.

import { gather } from "#bench/driver/crowd.ts";
import { Load, type Slice } from "#bench/driver/load.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import { pairGroups, pairSeats } from "./direct.ts";

const sliceMs = 500;
const inFlightPerPair = 4;
const calmSeconds = 6;
const rampShares = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2];
/** So many in a row are back to usual. */
const usualSlices = 3_000 / sliceMs;

export const overloadJourney: Journey = {
  name: "overload",
  title: "three times the peak, then half of it",
  targets: ["banyan", "banyan-cluster"],
  isExtra: true,
  async run(scene) {
    const { sizes, target } = scene;
    const server = await scene.start();
    const dialect = target.dialect(scene.seed);
    const load = new Load(dialect, server.pids, server.parts);
    const { port, ports } = server;
    const crowd = await gather({ port, ports, dialect, seats: pairSeats(scene), ear: load.ear });
    try {
      load.seat(pairGroups(scene, crowd.links));
      const peak = await peakOf(scene, load);
      const half = peak / 2;
      const phases = [
        { perSecond: half, seconds: calmSeconds },
        { perSecond: 3 * peak, seconds: sizes.overloadSeconds },
        { perSecond: half, seconds: sizes.overloadSeconds / 2 + 5 },
      ];
      const figures: Figures = { "overload.peakPerSecond": peak };
      // Ours wait when they are told to; the deaf ones go on as if nothing had been said.
      for (const who of ["patient", "deaf"] as const) {
        const slices = await load.phases(phases, sliceMs, who === "patient");
        for (const slice of slices) scene.say(`${who}, ${lineOf(slice)}`);
        Object.assign(figures, figuresOf(scene, who, peak, slices));
      }
      for (const [why, count] of crowd.lost) scene.warn(`${count} connections were lost: ${why}`);
      return figures;
    } finally {
      crowd.close();
    }
  },
};

/**
 * The most that it acknowledges of any offered rate around the one at which a closed loop saturates it. The loop's own
 * throughput is no measure: its clients answer in step, so that several messages share each read and each write.
 */
async function peakOf({ sizes, say }: Scene, load: Load): Promise<number> {
  const { perSecond } = await load.closedLoop(inFlightPerPair, sizes.warmSeconds, sizes.overloadSeconds / 4);
  say(`closed loop: ${Math.round(perSecond)} acknowledged/s`);
  const phases = rampShares.map((share) => ({
    perSecond: share * perSecond,
    seconds: sizes.overloadSeconds / 4,
  }));
  const slices = await load.phases(phases, sliceMs, true);
  const goodputs = phases.map((_, phase) => {
    const own = slices.filter((slice) => slice.phase === phase).slice(1);
    return own.reduce((sum, it) => sum + it.acked, 0) / own.reduce((sum, it) => sum + it.seconds, 0);
  });
  phases.forEach((it, at) => {
    say(`offered ${Math.round(it.perSecond)}/s: ${Math.round(goodputs[at]!)} acknowledged/s`);
  });
  return Math.max(...goodputs);
}

function figuresOf(scene: Scene, who: string, peak: number, slices: readonly Slice[]): Figures {
  const of = (phase: number) => slices.filter((slice) => slice.phase === phase);
  const sum = (some: readonly Slice[], read: (slice: Slice) => number) =>
    some.reduce((total, slice) => total + read(slice), 0);
  // The first second of either side belongs to neither.
  const [before, during, after] = [of(0).slice(2), of(1).slice(2), of(2)];
  const seconds = sum(during, (slice) => slice.seconds);
  const goodput = sum(during, (slice) => slice.acked) / seconds;
  const refusals = (slice: Slice) => Object.values(slice.refused).reduce((total, count) => total + count, 0);
  const normalP99Ms = Math.max(...before.map((slice) => slice.ack.p99Ms));
  const recoveryMs = recoveredAt(after, 2 * normalP99Ms + 20, refusals);
  const withoutHint = sum(slices, (slice) => slice.refusedWithoutHint);
  if (withoutHint > 0) scene.warn(`${withoutHint} refusals did not say when to come back`);
  if (goodput < 0.9 * peak)
    scene.warn(`${who}: goodput fell to ${Math.round((100 * goodput) / peak)} % of the peak`);
  if (recoveryMs === null) scene.warn(`${who}: the usual latency did not come back`);
  return {
    [`overload.${who}.offeredPerSecond`]: sum(during, (slice) => slice.offered) / seconds,
    [`overload.${who}.goodputPerSecond`]: goodput,
    [`overload.${who}.goodputPercent`]: (100 * goodput) / peak,
    [`overload.${who}.refusedPerSecond`]: sum(during, refusals) / seconds,
    [`overload.${who}.refusedWithoutHint`]: withoutHint,
    [`overload.${who}.ackP99Ms`]: Math.max(...during.map((slice) => slice.ack.p99Ms)),
    [`overload.${who}.normalP99Ms`]: normalP99Ms,
    ...(recoveryMs === null ? {} : { [`overload.${who}.recoveryMs`]: recoveryMs }),
  };
}

/**
 * From when on it was as quick as usual, and nobody refused, for some seconds without a break; null: not by the end.
 * What comes later is not the overload's doing, and is in the lines above.
 */
function recoveredAt(
  slices: readonly Slice[],
  p99MsMax: number,
  refusals: (slice: Slice) => number,
): number | null {
  const isUsual = (slice: Slice) => slice.ack.p99Ms <= p99MsMax && refusals(slice) === 0;
  const first = slices.findIndex(
    (_, at) => at + usualSlices <= slices.length && slices.slice(at, at + usualSlices).every(isUsual),
  );
  if (first < 0) return null;
  return first === 0 ? 0 : slices[first - 1]!.atMs;
}

function lineOf(slice: Slice): string {
  const perSecond = (count: number) => Math.round(count / slice.seconds);
  const refused = Object.entries(slice.refused).map(([code, count]) => `${perSecond(count)}/s ${code}`);
  const busy = Object.entries(slice.partCpuUs)
    .map(([part, us]) => [part, Math.round(us / 10_000 / slice.seconds)] as const)
    .filter(([, percent]) => percent > 4)
    .map(([part, percent]) => `${part} ${percent} %`);
  const server = Math.round(slice.serverCpuUs / 10_000 / slice.seconds);
  return (
    `${["before", "overload", "after"][slice.phase]} ${(slice.atMs / 1000).toFixed(1)} s: offered ${perSecond(slice.offered)}/s, ` +
    `acknowledged ${perSecond(slice.acked)}/s, p99 ${slice.ack.p99Ms.toFixed(0)} ms` +
    `${refused.length > 0 ? `, refused ${refused.join(", ")}` : ""}; server ${server} %${busy.length > 0 ? ` (${busy.join(", ")})` : ""}`
  );
}
