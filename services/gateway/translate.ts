// Between the domain's words and the wire's: the only place that knows both, so that wire versions never reach
// the domain. The fields are the same by design; the refusals are one to one.

import type { Refusal } from "#core/refusal.ts";
import type { CatchUp } from "#ports/message-log.ts";
import type { ServerFrame, WireHead } from "#protocol/frames.ts";
import type { RefusalCode } from "#protocol/refusals.ts";
import type { KnownHead } from "./hub.ts";

export function refusedFrame(refusal: Refusal, id?: number): ServerFrame {
  const code: RefusalCode = refusal.reason;
  return {
    kind: "refused",
    code,
    ...(id === undefined ? {} : { id }),
    ...(refusal.retryAfterMs === undefined ? {} : { retryAfterMs: refusal.retryAfterMs }),
    ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
  };
}

export function caughtUpFrame(id: number, conversation: string, caughtUp: CatchUp): ServerFrame {
  return { kind: "caughtUp", id, conversation, ...caughtUp };
}

export function headOf(known: KnownHead, member: number, readSeq: number): WireHead {
  const { conversation, rev, lastSeq } = known;
  return { conversation, rev, lastSeq, readSeq, member };
}
