// Whether the generator itself was the bottleneck. Then no figure of the run is one of the server, and the run is void.

import type { Latencies } from "./latencies.ts";
import type { Sample } from "./run-file.ts";

export const cpuShareMax = 0.95;
/** So many seconds out of the steady ones may be busy: a collector runs now and then. */
const busySecondsShareMax = 0.1;
const fewSeconds = 3;

/** Why, or null where it kept its timetable. */
export function saturation(steady: readonly Sample[], late: Latencies, lateMaxMs: number): string | null {
  const busy = steady.filter(({ generatorCpuShare }) => generatorCpuShare >= cpuShareMax).length;
  if (busy >= fewSeconds && busy > steady.length * busySecondsShareMax)
    return `a process of the generator was busy all of ${busy} of ${steady.length} seconds; use more --processes, or a machine of its own`;
  const lateMs = late.quantileMs(0.99);
  if (lateMs > lateMaxMs)
    return `the timetable was kept ${Math.round(lateMs)} ms late at p99 (at most ${lateMaxMs}); the generator needs more CPU than it gets`;
  return null;
}
