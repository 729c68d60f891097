// How often one address may open a socket, so that a host that connects in a loop cannot keep everybody's log-ins
// waiting. Addresses of this machine are not counted: they are a load balancer's or the operator's own.

import { minuteMs } from "#base/units.ts";
import type { RateLimits } from "#ports/rate-limits.ts";
import { addressKey } from "#services/api/rates.ts";
import { isLoopback } from "./loopback.ts";

/** 0: the socket may be opened, and counts. More: the milliseconds to wait. `perMinute` 0: any number. */
export function limitSocketAttempts(
  limits: RateLimits,
  perMinute: number,
): (address: string) => number | Promise<number> {
  const rate = { count: perMinute, perMs: minuteMs };
  return (address) =>
    perMinute === 0 || address === "" || isLoopback(address)
      ? 0
      : limits.take("socket", rate, addressKey(address));
}
