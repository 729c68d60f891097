// Which figures docs/benchmarks.md shows of each server, and from which run each comes: the newest full one that
// measured that server's journey, on the machine where most of them were measured.

import type { Run } from "./history.ts";
import type { TargetName } from "./targets/target.ts";
import { targetNames } from "./targets/target.ts";
import { targets } from "./targets/targets.ts";

export interface Column {
  readonly key: string;
  readonly title: string;
  readonly unit: "us" | "ms" | "/s" | "KiB" | "B" | "s";
}

export interface Journey {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly columns: readonly Column[];
}

function columns(prefix: string, ...rows: readonly (readonly [string, string, Column["unit"]])[]): Column[] {
  return rows.map(([key, title, unit]) => ({ key: prefix + key, title, unit }));
}

export const shownJourneys: readonly Journey[] = [
  {
    name: "direct",
    title: "A durable message to one person",
    about:
      "500 pairs of people. Saturated: as fast as it goes; half: half of what the server itself could do.",
    columns: columns(
      "direct.",
      ["saturation.perSecond", "saturated", "/s"],
      ["saturation.cpuUs", "CPU, saturated", "us"],
      ["fixed2000.cpuUs", "CPU at 2,000/s", "us"],
      ["fixed500.ackP50Ms", "acknowledged at 500/s: p50", "ms"],
      ["fixed500.ackP99Ms", "p99", "ms"],
      ["half.ackP50Ms", "acknowledged, half: p50", "ms"],
      ["half.ackP99Ms", "p99", "ms"],
      ["half.ackP999Ms", "p99.9", "ms"],
      ["half.deliveryP99Ms", "delivered, half: p99", "ms"],
      ["half.bytesPerMessage", "on the wire", "B"],
    ),
  },
  {
    name: "rooms",
    title: "Rooms of 100",
    about: "Ten rooms; each message goes to 99 others. Figures are for each delivery, the commit included.",
    columns: columns(
      "rooms.",
      ["saturation.perSecond", "saturated", "/s"],
      ["saturation.cpuUs", "CPU, saturated", "us"],
      ["fixed300.cpuUs", "CPU at 300 messages/s", "us"],
      ["fixed300.deliveryP50Ms", "delivered at 300 messages/s: p50", "ms"],
      ["fixed300.deliveryP99Ms", "p99", "ms"],
      ["half.deliveryP50Ms", "delivered, half: p50", "ms"],
      ["half.deliveryP99Ms", "p99", "ms"],
      ["half.deliveryP999Ms", "p99.9", "ms"],
      ["half.bytesPerDelivery", "on the wire", "B"],
    ),
  },
  {
    name: "largeRoom",
    title: "A room of 1,000",
    about: "One room; each message goes to 999 others. Figures are for each delivery, the commit included.",
    columns: columns(
      "largeRoom.",
      ["saturation.perSecond", "saturated", "/s"],
      ["saturation.cpuUs", "CPU, saturated", "us"],
      ["fixed30.cpuUs", "CPU at 30 messages/s", "us"],
      ["fixed100.cpuUs", "CPU at 100 messages/s", "us"],
      ["half.deliveryP50Ms", "delivered, half: p50", "ms"],
      ["half.deliveryP99Ms", "p99", "ms"],
      ["half.bytesPerDelivery", "on the wire", "B"],
    ),
  },
  {
    name: "idle",
    title: "Idle sessions",
    about: "Logged in, member of 50 conversations where the server knows such a thing, nothing happens.",
    columns: columns(
      "idle.",
      ["serverKiB", "server memory", "KiB"],
      ["withPostgresKiB", "with its database", "KiB"],
      ["bytesPerHour", "on the wire in an hour", "B"],
      ["cpuMsPerHour", "CPU in an hour", "ms"],
    ),
  },
  {
    name: "reconnect",
    title: "All sessions come back at once",
    about:
      "The server was ended and started again, and every session logs in. How many there were stands in the run's " +
      "command (`--sessions`; 10,000 where it says nothing), so compare the pace.",
    columns: columns(
      "reconnect.",
      ["perSecond", "sessions a second", "/s"],
      ["cpuUsPerSession", "CPU a session", "us"],
      ["warm.cpuUs", "CPU a session, to a running server", "us"],
    ),
  },
  {
    name: "wire",
    title: "Bytes of one message",
    about: "TCP payload beyond the text itself; of Banyan's formats the binary one.",
    columns: columns(
      "wire.own.",
      ["sendBytes", "send", "B"],
      ["ackBytes", "acknowledgement", "B"],
      ["deliveryBytes", "delivery", "B"],
    ),
  },
];

export interface Measured {
  readonly target: TargetName;
  readonly run: Run;
  readonly values: readonly (number | undefined)[];
}

/** The servers of a journey, ours first and limits last. */
export function measured(journey: Journey, runs: readonly Run[]): Measured[] {
  const byMachine = Map.groupBy(
    runs.filter((run) => !run.isQuick),
    nameOf,
  );
  const each = [...byMachine.values()].map((its) => measuredIn(journey, its));
  return each.reduce((best, one) => (one.length >= best.length ? one : best), []);
}

/** Where the kernel is another one, so is the host below it: it may be half as fast, and nothing can be compared. */
function nameOf({ machine: { cpu, cores, kernel } }: Run): string {
  return `${cpu}, ${cores}, ${kernel}`;
}

function measuredIn(journey: Journey, runs: readonly Run[]): Measured[] {
  return targetNames.flatMap((target) => {
    const of = (run: Run) =>
      journey.columns.map(({ key }) => run.figures[target]?.[keyOf(target, key)] ?? undefined);
    // What this page is about is a server's first figures; a run that measured only a part of them is passed by.
    const run = runs.findLast((it) => of(it)[0] !== undefined);
    return run ? [{ target, run, values: of(run) }] : [];
  });
}

/** Of Banyan's two formats, the binary one stands beside what is a peer's only one. */
function keyOf(target: TargetName, key: string): string {
  return targets[target].role === "ours" ? key.replace(/^wire\.own\./, "wire.binary.") : key;
}

export function isBetter(unit: Column["unit"], value: number, than: number): boolean {
  return unit === "/s" ? value > than : value < than;
}

export interface Win {
  readonly peer: TargetName;
  readonly journey: Journey;
  readonly column: Column;
  readonly value: number;
  readonly ours: number;
}

/** Where a peer has the better figure, by more than a twentieth; limits are no peers. */
export function wins(runs: readonly Run[]): Win[] {
  return shownJourneys.flatMap((journey) => {
    const rows = measured(journey, runs);
    const ours = rows.find(({ target }) => target === "banyan");
    if (ours === undefined) return [];
    return journey.columns.flatMap((column, i) =>
      rows.flatMap(({ target, values }): Win[] => {
        const [value, own] = [values[i], ours.values[i]];
        if (targets[target].role !== "peer" || value === undefined || own === undefined) return [];
        const isClear = Math.abs(value - own) > 0.05 * Math.max(Math.abs(value), Math.abs(own));
        return isClear && isBetter(column.unit, value, own)
          ? [{ peer: target, journey, column, value, ours: own }]
          : [];
      }),
    );
  });
}
