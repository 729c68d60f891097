// The whole drill: for each kind of ground a cluster of its own, a crowd in it, and one fault after the other.

import { ApiReaders } from "#ops/drill/api-readers.ts";
import { Audit } from "#ops/drill/audit.ts";
import { seededChance } from "#ops/drill/chance.ts";
import { Crowd } from "#ops/drill/crowd.ts";
import { type DrillCluster, startDrillCluster } from "#ops/drill/drill-cluster.ts";
import type { Fault } from "#ops/drill/faults.ts";
import type { DrillHistory } from "#ops/drill/history.ts";
import { makePeople } from "#ops/drill/people.ts";
import { runFault } from "#ops/drill/run-fault.ts";
import type { Row } from "#ops/drill/table.ts";

export interface DrillSpec {
  readonly faults: readonly Fault[];
  readonly clients: number;
  readonly perSecond: number;
  readonly steadySeconds: number;
  readonly normalWithinSeconds: number;
  readonly seed: number;
  /** Where every event goes, for an independent checker. */
  readonly history?: DrillHistory | null;
}

export interface DrillListener {
  say(line: string): void;
  row(row: Row): void;
}

/** `onCluster`: somebody who ends the drill from outside has to end this. */
export async function runDrill(
  spec: DrillSpec,
  listener: DrillListener,
  onCluster: (cluster: DrillCluster | null) => void = () => {},
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [ground, faults] of Map.groupBy(spec.faults, (fault) => fault.ground)) {
    listener.say(`Bringing up a cluster (${ground}) for ${faults.length} faults`);
    const cluster = await startDrillCluster(ground);
    onCluster(cluster);
    try {
      await withCrowd(spec, cluster, faults, (row) => {
        rows.push(row);
        listener.row(row);
      });
    } finally {
      await cluster.stop();
      onCluster(null);
    }
  }
  return rows;
}

async function withCrowd(
  spec: DrillSpec,
  cluster: DrillCluster,
  faults: readonly Fault[],
  tell: (row: Row) => void,
): Promise<void> {
  const chance = seededChance(spec.seed);
  const people = await makePeople(cluster.url, spec.clients);
  const crowd = new Crowd(people, chance, spec.perSecond, spec.history ?? null);
  const readers = new ApiReaders(cluster.url, people);
  try {
    await crowd.start();
    const audit = new Audit(cluster.url, crowd);
    const steadyMs = spec.steadySeconds * 1000;
    const normalWithinMs = spec.normalWithinSeconds * 1000;
    const scene = { cluster, crowd, readers, audit, chance, steadyMs, normalWithinMs };
    for (const fault of faults) tell(await runFault(fault, scene));
  } finally {
    await Promise.all([crowd.stop(), readers.stop()]);
  }
}
