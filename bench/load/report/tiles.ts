// The figures that stand large on the page: how many people, how fast, at what cost.

import type { Phase, RunFile, Sample } from "#bench/load/run-file.ts";
import { whole, written } from "#bench/plots/units.ts";
import { isFault, type PhaseFelt, phasesFelt } from "./hurt.ts";
import { wholeAgain } from "./sections.ts";

export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly detail: string;
}

export function tilesOf(run: RunFile): Tile[] {
  const { latency, server, totals, series } = run;
  const quiet = steady(run);
  const sum = (samples: readonly Sample[], key: "sent" | "delivered" | "offered" | "reconnects") =>
    samples.reduce((all, sample) => all + sample[key], 0);
  const perSecond = (key: "sent" | "delivered") => sum(quiet, key) / Math.max(1, quiet.length);
  const inAll = (counts: RunFile["refused"]) => Object.values(counts).reduce((all, count) => all + count, 0);
  const [refused, failed] = [inAll(run.refused), inAll(run.errors)];
  const onlineMax = Math.max(0, ...series.map(({ online }) => online));
  return [
    {
      name: "Live sessions",
      value: whole(onlineMax),
      detail: `at the peak; ${whole(totals.people)} people with ${whole(totals.devices)} devices`,
    },
    {
      name: "Sent",
      value: written(perSecond("sent"), "/s"),
      detail: `while steady; ${whole(sum(series, "sent"))} in all`,
    },
    {
      name: "Delivered",
      value: written(perSecond("delivered"), "/s"),
      detail: `while steady; ${whole(sum(series, "delivered"))} in all`,
    },
    ...wait("Acknowledged within", latency.ack),
    ...wait("Delivered within", latency.delivery),
    ...faults(run),
    ...(server
      ? [
          {
            name: "Server CPU a message",
            value: written(server.cpuUsPerMessage > 0 ? server.cpuUsPerMessage : costOf(quiet), "us"),
            detail: `with all that people do beside it, database included; at most ${written(server.cpuSharePeak, "share")} of a core`,
          },
          {
            name: "Server memory",
            value: written(server.memoryBytesPeak, "bytes"),
            detail: `at the peak, database included; ${written(memoryAtFirst(series), "bytes")} when people began to come`,
          },
        ]
      : []),
    {
      name: "Refused or failed",
      value: whole(refused + failed),
      detail: `${whole(refused)} refused, ${whole(failed)} failed; ${whole(sum(series, "reconnects"))} reconnects`,
    },
  ];
}

function memoryAtFirst(series: readonly Sample[]): number | null {
  return series.find(({ server }) => server !== null)?.server?.memoryBytes ?? null;
}

/** The one that took longest; the others beside it. */
function faults(run: RunFile): Tile[] {
  const rank = (it: PhaseFelt) => (it.wholeAfterMs === null ? Number.POSITIVE_INFINITY : it.wholeAfterMs!);
  const felt = phasesFelt(run)
    .filter(({ wholeAfterMs }) => wholeAfterMs !== undefined)
    .sort((a, b) => rank(b) - rank(a));
  if (felt.length === 0) return [];
  const told = ({ phase, wholeAfterMs }: PhaseFelt) =>
    `${phase.name.replace(/^fault:?\s*/, "")} ${wholeAgain(wholeAfterMs)}`;
  const longest = felt[0]!.wholeAfterMs!;
  const value = longest === null ? "not yet" : longest === 0 ? "at once" : written(longest, "ms");
  return [{ name: "As before a fault after", value, detail: felt.map(told).join("; ") }];
}

/** From the seconds, where a server that was started anew lost its own count. */
function costOf(seconds: readonly Sample[]): number | null {
  const seen = seconds.filter(({ server }) => server !== null);
  const sent = seen.reduce((all, second) => all + second.sent, 0);
  return sent === 0 ? null : (seen.reduce((all, { server }) => all + server!.cpuShare, 0) * 1e6) / sent;
}

function wait(name: string, latency: RunFile["latency"][string] | undefined): Tile[] {
  if (!latency || latency.count === 0) return [];
  const detail = `p99; median ${written(latency.p50Ms, "ms")}, p99.9 ${written(latency.p999Ms, "ms")}`;
  return [{ name, value: written(latency.p99Ms, "ms"), detail }];
}

/** The seconds in which nothing was changed; where a run has none, all after its ramp-up. */
export function steady(run: Pick<RunFile, "series" | "phases">): Sample[] {
  const within = (sample: Sample, phases: readonly Phase[]) =>
    phases.some(({ fromMs, toMs }) => sample.atMs >= fromMs && sample.atMs < toMs);
  const broken = run.phases.filter(isFault);
  const calm = run.phases.filter(({ name }) => name === "steady");
  const found = run.series.filter((sample) => within(sample, calm) && !within(sample, broken));
  if (found.length > 0) return found;
  const ramp = run.phases.filter(({ name }) => name === "ramp-up");
  const rest = run.series.filter((sample) => !within(sample, ramp));
  return rest.length > 0 ? rest : [...run.series];
}
