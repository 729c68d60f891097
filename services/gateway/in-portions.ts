// Long work in portions with a pause between them, so that others have their turn.

import type { Clock } from "#ports/clock.ts";

export async function inPortions<T>(
  clock: Clock,
  items: readonly T[],
  portionMax: number,
  pauseMs: number,
  work: (portion: readonly T[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < items.length; from += portionMax) {
    if (from > 0) await new Promise<void>((passed) => void clock.after(pauseMs, passed));
    await work(items.slice(from, from + portionMax));
  }
}
