// Refusals as the library hands them on, and which of them pass by themselves.

import { type RefusalCode, refusalCodes } from "#protocol/refusals.ts";
import type { RefusedFrame } from "./commands.ts";
import type { LocalRefusalCode, Refusal } from "./types.ts";

const localMessages: Record<LocalRefusalCode, string> = {
  unreachable: "The server cannot be reached now.",
  queue_full: "Too much is waiting to be sent already.",
  discarded: "The message was discarded before it was sent.",
  stopped: "The client was stopped before an answer came.",
};

export function localRefusal(code: LocalRefusalCode | RefusalCode): Refusal {
  return {
    code,
    message:
      code in localMessages ? localMessages[code as LocalRefusalCode] : refusalCodes[code as RefusalCode],
  };
}

export function refusalOf(frame: RefusedFrame): Refusal {
  const known = refusalCodes[frame.code as RefusalCode] as string | undefined;
  return {
    code: frame.code,
    message: frame.detail ?? known ?? "The server refused this.",
    ...(frame.retryAfterMs !== undefined && { retryAfterMs: frame.retryAfterMs }),
  };
}

const passing = new Set<string>(["rate_limited", "overloaded", "unavailable", "draining", "unreachable"]);

/** Whether the same command may succeed later without anybody changing anything. */
export function passes(code: string): boolean {
  return passing.has(code);
}
