// Pure decisions about messages: what may be written, by whom. Facts come in, an acceptance or a named refusal
// goes out; nothing here waits, reads a clock or draws chance.

import type { MemberNo } from "#base/ids.ts";
import { ok, type Result, refused } from "#base/result.ts";
import type { ConversationKind, Member } from "#core/conversations/conversation.ts";
import type { Refusal } from "#core/refusal.ts";

export interface TextLimits {
  readonly textBytesMax: number;
  readonly emojiBytesMax: number;
}

/** A membership that may act, or the refusal that an outsider gets: the same as for a conversation that is not. */
export function decideMembership(member: Member | null): Result<Member, Refusal> {
  return member?.active ? ok(member) : refused({ reason: "unknown_conversation" });
}

export function decideText(text: string, limits: TextLimits): Result<null, Refusal> {
  if (text.trim() === "") return refused({ reason: "empty_text" });
  if (isLonger(text, limits.textBytesMax)) {
    return refused({ reason: "too_large", detail: `a text may have ${limits.textBytesMax} bytes` });
  }
  return ok(null);
}

export function decideEmoji(emoji: string, limits: TextLimits): Result<null, Refusal> {
  if (emoji.trim() === "") return refused({ reason: "empty_text" });
  if (isLonger(emoji, limits.emojiBytesMax)) {
    return refused({ reason: "too_large", detail: `an emoji may have ${limits.emojiBytesMax} bytes` });
  }
  return ok(null);
}

/** Whose messages a member may delete: their own, and as owner or admin of a group or channel anybody's (null). */
export function mayDeleteOf(member: Member, kind: ConversationKind): MemberNo | null {
  return kind !== "direct" && member.role !== "member" ? null : member.member;
}

/** Whether a text takes more bytes in UTF-8, without encoding the usual short one. */
function isLonger(text: string, bytesMax: number): boolean {
  if (text.length * 3 <= bytesMax) return false;
  return text.length > bytesMax || new TextEncoder().encode(text).length > bytesMax;
}
