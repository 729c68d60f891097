// Times small pieces of code: the best of some rounds, which is what the code costs when nothing disturbs it.

const rounds = 7;

/** Microseconds of one call. */
export function bestUs(calls: number, work: (i: number) => void): number {
  for (let i = 0; i < calls; i++) work(i);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    for (let i = 0; i < calls; i++) work(i);
    best = Math.min(best, ((performance.now() - startedAt) * 1000) / calls);
  }
  return best;
}
