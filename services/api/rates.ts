// How often an address, an account or a session may do something.

import { hourMs, minuteMs } from "#base/units.ts";
import type { Rate, RateLimits } from "#ports/rate-limits.ts";
import type { ApiConfig } from "./config.ts";

/** 0: go on. More: the milliseconds to wait. */
type Take = (key: string) => Promise<number>;

export interface Rates {
  readonly request: Take;
  readonly signUp: Take;
  /** A log-in counts until it turns out right. */
  readonly logIn: (keys: LogInKeys) => Promise<number>;
  readonly logInWasRight: (keys: LogInKeys) => Promise<void>;
}

export interface LogInKeys {
  readonly handle: string;
  readonly address: string;
}

export function openRates(limits: RateLimits, config: ApiConfig): Rates {
  const requests: Rate = { count: config.requestsPerMinute, perMs: minuteMs };
  const signUps: Rate = { count: config.signUpsPerHour, perMs: hourMs };
  const logIns: Rate = { count: config.logInsPerMinute, perMs: minuteMs };
  return {
    request: (key) => limits.take("request", requests, key),
    signUp: (address) => limits.take("sign-up", signUps, addressKey(address)),
    logIn: async ({ handle, address }) => {
      const [byAddress, byHandle] = await Promise.all([
        limits.take("log-in-address", logIns, addressKey(address)),
        limits.take("log-in-handle", logIns, handle),
      ]);
      return Math.max(byAddress, byHandle);
    },
    logInWasRight: async ({ handle, address }) => {
      await Promise.all([
        limits.giveBack("log-in-address", logIns, addressKey(address)),
        limits.giveBack("log-in-handle", logIns, handle),
      ]);
    },
  };
}

/** Who has one IPv6 address has 2^64: the first four groups count. */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("%")[0]!.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    while (groups.length + after.length < 8) groups.push("0");
    groups.push(...after);
  }
  return `${groups.slice(0, 4).join(":")}::/64`;
}
