// Refusals as the library hands them on, and which of them pass by themselves.

import type { Result } from "#base/result.ts";
import { type RefusalCode, refusalCodes } from "#protocol/refusals.ts";
import type { RefusedFrame } from "./commands.ts";

/** Codes of the HTTP API beyond those of the wire, and the few that the library itself gives. */
export type ApiRefusalCode =
  | "bad_request"
  | "bad_json"
  | "invalid_handle"
  | "invalid_password"
  | "wrong_credentials"
  | "wrong_password"
  | "wrong_origin"
  | "sign_up_closed"
  | "invitation_invalid"
  | "not_found"
  | "unknown_user"
  | "unknown_session"
  | "method_not_allowed"
  | "handle_taken"
  | "unsupported_media_type"
  | "internal";

export type LocalRefusalCode =
  /** No answer came: offline, or the server is away. */
  | "unreachable"
  /** The library's own queue is full, see `maxima` in sdk/maxima.ts. */
  | "queue_full"
  /** The person discarded the message. */
  | "discarded"
  /** The client was stopped before an answer came; whether it took effect is unknown. */
  | "stopped";

export type AnyRefusalCode = RefusalCode | ApiRefusalCode | LocalRefusalCode;

export interface Refusal {
  /** Known codes are listed in the type; a newer server may give others. */
  readonly code: AnyRefusalCode | (string & {});
  /** For people, in English; never repeats what they sent. */
  readonly message: string;
  readonly retryAfterMs?: number;
}

export type Answer<T> = Promise<Result<T, Refusal>>;

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
