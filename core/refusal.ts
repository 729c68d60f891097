// A decision's "no", in the domain's words. The gateway and the API give it its form on the wire.

export type RefusalReason =
  | "not_authenticated"
  | "unknown_conversation"
  | "unknown_message"
  | "message_deleted"
  | "not_allowed"
  | "empty_text"
  | "too_large"
  | "too_many"
  | "rate_limited"
  | "overloaded"
  | "draining"
  | "unavailable";

export interface Refusal {
  readonly reason: RefusalReason;
  readonly retryAfterMs?: number;
  /** For people; never repeats what they sent. */
  readonly detail?: string;
}
