// Exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter", 2015): after a fault,
// thousands of clients come back spread over the wait instead of together.

import { maxima } from "./maxima.ts";
import type { Chance } from "./types.ts";

/** `attempt` counts from 0. */
export function backoffMs(attempt: number, chance: Chance): number {
  const capMs = Math.min(maxima.retryMaxMs, maxima.retryBaseMs * 2 ** Math.min(attempt, 16));
  return Math.floor(chance.fraction() * capMs);
}
