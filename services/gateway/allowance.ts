// How fast one session may speak: a token bucket in two numbers, refilled when it is looked at.

import type { ClientSession } from "./session.ts";

export interface AllowanceLimits {
  readonly framesPerSecond: number;
  /** How many may come at once after a pause. */
  readonly framesBurst: number;
}

/** 0 when the frame may pass, else the milliseconds until the next one may. */
export function spend(session: ClientSession, limits: AllowanceLimits, now: number): number {
  const refilled = session.allowance + ((now - session.allowanceAt) / 1000) * limits.framesPerSecond;
  session.allowance = Math.min(limits.framesBurst, refilled);
  session.allowanceAt = now;
  if (session.allowance < 1) return Math.ceil(((1 - session.allowance) / limits.framesPerSecond) * 1000);
  session.allowance--;
  return 0;
}
