// Exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter", 2015): after a fault,
// thousands of clients come back spread over the wait instead of together. The first waits do not grow: a server
// that restarts is back within two seconds, and its people should not notice. Doubled waits would keep the unluckiest
// away for half a minute after a fault of six seconds.

import { maxima } from "./maxima.ts";
import type { Chance } from "./types.ts";

/** `attempt` counts from 0. */
export function backoffMs(attempt: number, chance: Chance): number {
  const capMs = Math.min(
    maxima.retryMaxMs,
    maxima.retryBaseMs * maxima.retryGrowth ** Math.max(0, attempt - maxima.retriesBeforeGrowth),
  );
  return Math.floor(chance.fraction() * capMs);
}
