// The closed list of errors: each code has one status and one sentence. Codes are added, never reused. Here every
// refusal, every failure of the world and every bug becomes an answer; nothing of the inside is told.

import type { Context, TypedResponse } from "hono";
import { HTTPException } from "hono/http-exception";
import { GatherFull } from "#base/gather.ts";
import type { Refusal } from "#core/refusal.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import type { ErrorBody } from "./schemas/error.ts";

export const errorCodes = {
  bad_request: { status: 400, message: "Something in the request has the wrong form." },
  bad_json: { status: 400, message: "The body is not JSON." },
  invalid_handle: { status: 400, message: "The handle cannot be used." },
  invalid_password: { status: 400, message: "The password cannot be used." },
  empty_text: { status: 400, message: "Some text is needed." },
  not_authenticated: {
    status: 401,
    message: "Log in first: the token is missing, wrong, expired or revoked.",
  },
  wrong_credentials: { status: 401, message: "The handle or the password is wrong." },
  wrong_password: { status: 403, message: "The present password is wrong." },
  wrong_origin: { status: 403, message: "A cookie counts only for requests of this site's own pages." },
  not_allowed: { status: 403, message: "Your role does not allow this." },
  sign_up_closed: { status: 403, message: "New accounts need an invitation here, or are not taken at all." },
  invitation_invalid: { status: 403, message: "The invitation is unknown, used up or expired." },
  not_found: { status: 404, message: "There is nothing at this path." },
  unknown_conversation: {
    status: 404,
    message: "There is no such conversation, or you are not a member of it.",
  },
  unknown_message: { status: 404, message: "There is no such message in this conversation." },
  unknown_user: { status: 404, message: "There is no such user." },
  unknown_session: { status: 404, message: "You have no such session." },
  method_not_allowed: { status: 405, message: "This path does not know the method." },
  handle_taken: { status: 409, message: "Somebody has this handle already." },
  too_many: { status: 409, message: "There would be more than the limits allow." },
  message_deleted: { status: 410, message: "The message has been deleted." },
  too_large: { status: 413, message: "The body or a field is larger than the limits allow." },
  unsupported_media_type: { status: 415, message: "The body must be application/json." },
  rate_limited: { status: 429, message: "Too often. Try again after retryAfterMs." },
  internal: { status: 500, message: "Something is broken in the server. It has been noted." },
  overloaded: {
    status: 503,
    message: "The server has more work than it can do now. Try again after retryAfterMs.",
  },
  draining: { status: 503, message: "The server is about to stop. Try again after retryAfterMs." },
  unavailable: { status: 503, message: "The store cannot be reached now. Try again after retryAfterMs." },
} as const;

export type ErrorCode = keyof typeof errorCodes;
export type ErrorStatus = (typeof errorCodes)[ErrorCode]["status"];

export interface ErrorDetails {
  /** For people; never repeats what they sent. */
  readonly message?: string;
  readonly retryAfterMs?: number;
}

/** When a client that hears of no other time should try again. */
const retryAfterMs = 1000;

// Any status, so that a route may return it beside its own answers; the conformance test holds the statuses.
export type ErrorAnswer = Response & TypedResponse<ErrorBody, any, "json">;

export function refuse(c: Context, code: ErrorCode, details: ErrorDetails = {}): ErrorAnswer {
  const { status, message } = errorCodes[code];
  const waitMs = details.retryAfterMs ?? (status === 503 ? retryAfterMs : undefined);
  if (waitMs !== undefined) c.header("Retry-After", String(Math.ceil(waitMs / 1000)));
  if (status === 401) c.header("WWW-Authenticate", 'Bearer realm="banyan"');
  const error = {
    code,
    message: details.message ?? message,
    ...(waitMs === undefined ? {} : { retryAfterMs: Math.ceil(waitMs) }),
  };
  return c.json({ error }, status) as ErrorAnswer;
}

/** A refusal of the domain. Its reasons are among the codes. */
export function refuseAs(c: Context, refusal: Refusal): ErrorAnswer {
  return refuse(c, refusal.reason, {
    ...(refusal.detail === undefined ? {} : { message: sentence(refusal.detail) }),
    ...(refusal.retryAfterMs === undefined ? {} : { retryAfterMs: refusal.retryAfterMs }),
  });
}

function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}${detail.endsWith(".") ? "" : "."}`;
}

/** What was thrown: the store's failure, the framework's "no", or a bug, which `noteBug` hears of. */
export function answerThrown(c: Context, error: unknown, noteBug: (error: unknown) => void): Response {
  if (error instanceof StoreUnavailable) return refuse(c, "unavailable");
  if (error instanceof GatherFull) return refuse(c, "overloaded");
  if (error instanceof HTTPException) {
    if (error.status === 415) return refuse(c, "unsupported_media_type");
    if (error.status === 413) return refuse(c, "too_large");
    if (error.status === 400) return refuse(c, "bad_json");
  }
  noteBug(error);
  return refuse(c, "internal");
}
