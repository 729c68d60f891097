// The course of one fault: the crowd talks, the fault comes, it goes, everything is as before; then silence, and the
// audit.

import type { ApiReaders } from "#ops/drill/api-readers.ts";
import type { Audit } from "#ops/drill/audit.ts";
import type { Chance } from "#ops/drill/chance.ts";
import type { Crowd } from "#ops/drill/crowd.ts";
import type { DrillCluster } from "#ops/drill/drill-cluster.ts";
import type { Fault } from "#ops/drill/faults.ts";
import type { Row } from "#ops/drill/table.ts";
import { before, between, normalAfterMs, outageMs, p99 } from "#ops/drill/timeline.ts";

export interface Scene {
  readonly cluster: DrillCluster;
  readonly crowd: Crowd;
  readonly readers: ApiReaders;
  readonly audit: Audit;
  readonly chance: Chance;
  /** How long the crowd talks before the fault, to know what is normal. */
  readonly steadyMs: number;
  /** How long everything may take to be normal after the fault has gone; then no more is waited for. */
  readonly normalWithinMs: number;
}

/** So long it is watched after the fault has gone, even if all seems normal. */
const watchedMsMin = 6_000;

export async function runFault(fault: Fault, scene: Scene): Promise<Row> {
  const { cluster, crowd, readers, chance } = scene;
  crowd.talk();
  const steadyFrom = performance.now() + 1_000;
  await Bun.sleep(1_000 + scene.steadyMs);
  const from = performance.now();
  const failures = crowd.failures.length;
  const resyncs = crowd.resyncs;
  const acknowledged = crowd.acknowledged.length;
  const reference = before(crowd.answered, steadyFrom, from);

  const notes: string[] = [];
  const sinceFault = (at: number) => `${((at - from) / 1000).toFixed(2)} s`;
  const note = (what: string) => void notes.push(`${sinceFault(performance.now())} ${what}`);
  const undo = await fault.act({ cluster, chance, note });
  await Bun.sleep(Math.max(0, fault.lastsMs - (performance.now() - from)));
  const undone = undo();
  const undoFrom = performance.now();
  await undone;
  const undoneAt = performance.now();
  const since = fault.normalFrom === "end" ? undoFrom : from;
  const isNormal = () => normalAfterMs(crowd.answered, reference, since, performance.now());
  while (performance.now() - undoneAt < scene.normalWithinMs) {
    if (performance.now() - undoneAt >= watchedMsMin && isNormal() !== null) break;
    await Bun.sleep(250);
  }
  const to = performance.now();
  const answered = between(crowd.answered, from, to);
  const shown = between(crowd.delivered, from, to);
  const figures = {
    outageMs: outageMs(crowd.answered, from, to),
    longestMs: crowd.longestWaitMs(from),
    apiOutageMs: outageMs(readers.answered, from, to),
    normalAfterMs: isNormal(),
    perSecondBefore: reference.perSecond,
    p99BeforeMs: reference.p99Ms,
    p99DuringMs: p99(answered),
    shownP99Ms: p99(shown),
    shownMaxMs: Math.max(0, ...shown.map(({ tookMs }) => tookMs)),
  };
  await crowd.hush();
  const mendFrom = performance.now();
  await cluster.whole();
  const mendedAfterMs = performance.now() - mendFrom;
  const findings = await scene.audit.look();
  return {
    fault: fault.name,
    what: fault.what,
    ...figures,
    longestMs: Math.max(figures.longestMs, crowd.longestWaitMs(from)),
    ...findings,
    acknowledged: crowd.acknowledged.length - acknowledged,
    resyncs: crowd.resyncs - resyncs,
    notes,
    longWaits: [...answered]
      .sort((a, b) => b.tookMs - a.tookMs)
      .slice(0, 5)
      .map(({ at, tookMs }) => `${sinceFault(at)} after ${Math.round(tookMs)} ms`),
    failures: counted(crowd.failures.slice(failures)),
    mendedAfterMs,
  };
}

function counted(codes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
