// The figures that stand large on the page: how many people, how fast, at what cost.

import type { Phase, RunFile, Sample } from "#bench/load/run-file.ts";
import { whole, written } from "#bench/plots/units.ts";

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
  const refused = Object.values(run.refused).reduce((all, count) => all + count, 0);
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
    ...(server
      ? [
          {
            name: "Server CPU a message",
            value: written(server.cpuUsPerMessage > 0 ? server.cpuUsPerMessage : costOf(quiet), "us"),
            detail: `database included; at most ${written(server.cpuSharePeak, "share")} of a core`,
          },
          {
            name: "Server memory",
            value: written(server.memoryBytesPeak, "bytes"),
            detail: `at the peak, database included; ${written(server.memoryBytesPeak / Math.max(1, onlineMax), "bytes")} a live session`,
          },
        ]
      : []),
    {
      name: "Refused",
      value: whole(refused),
      detail: `answers of ${whole(sum(series, "offered"))} sends offered; ${whole(sum(series, "reconnects"))} reconnects`,
    },
  ];
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
  const faults = run.phases.filter(({ name }) => name.startsWith("fault"));
  const calm = run.phases.filter(({ name }) => name === "steady");
  const found = run.series.filter((sample) => within(sample, calm) && !within(sample, faults));
  if (found.length > 0) return found;
  const ramp = run.phases.filter(({ name }) => name === "ramp-up");
  const rest = run.series.filter((sample) => !within(sample, ramp));
  return rest.length > 0 ? rest : [...run.series];
}
