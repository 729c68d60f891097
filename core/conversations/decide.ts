// Pure decisions about conversations and their members: who may rename, add, remove, promote, join and leave.

import type { UserId } from "#base/ids.ts";
import { ok, type Result, refused } from "#base/result.ts";
import type { Refusal } from "#core/refusal.ts";
import type { Conversation, ConversationKind, Member, Role } from "./conversation.ts";

export interface ConversationLimits {
  readonly titleCharsMax: number;
  readonly addAtOnceMax: number;
}

const notAllowed: Refusal = { reason: "not_allowed" };

export function decideCreate(
  kind: ConversationKind,
  title: string,
  creator: UserId,
  others: readonly UserId[],
  limits: ConversationLimits,
): Result<null, Refusal> {
  if (kind === "direct") {
    const isPair = others.length === 1 && others[0] !== creator;
    return isPair
      ? ok(null)
      : refused({ reason: "not_allowed", detail: "a direct conversation has one other member" });
  }
  if (others.length > limits.addAtOnceMax) return refused({ reason: "too_many" });
  return decideTitle(title, limits);
}

export function decideTitle(title: string, limits: ConversationLimits): Result<null, Refusal> {
  if (title.trim() === "")
    return refused({ reason: "empty_text", detail: "a group or channel needs a title" });
  if (title.length > limits.titleCharsMax)
    return refused({ reason: "too_large", detail: "the title is too long" });
  return ok(null);
}

export function decideRename(me: Member, conversation: Conversation): Result<null, Refusal> {
  return conversation.kind !== "direct" && me.role !== "member" ? ok(null) : refused(notAllowed);
}

export function decideAdd(me: Member, conversation: Conversation): Result<null, Refusal> {
  if (conversation.kind === "direct")
    return refused({ reason: "not_allowed", detail: "a direct conversation stays a pair" });
  return conversation.kind === "channel" || me.role !== "member" ? ok(null) : refused(notAllowed);
}

/** Owners remove anyone, admins plain members; nobody is removed from a direct conversation. */
export function decideRemove(me: Member, other: Member, conversation: Conversation): Result<null, Refusal> {
  if (conversation.kind === "direct") return refused(notAllowed);
  const may = me.role === "owner" || (me.role === "admin" && other.role === "member");
  return may ? ok(null) : refused(notAllowed);
}

/** Owners give any role; admins make plain members into admins and back. */
export function decideRole(
  me: Member,
  other: Member,
  role: Role,
  conversation: Conversation,
): Result<null, Refusal> {
  if (conversation.kind === "direct") return refused(notAllowed);
  const may = me.role === "owner" || (me.role === "admin" && role !== "owner" && other.role !== "owner");
  return may ? ok(null) : refused(notAllowed);
}

/** To someone who is not a member, what may not be joined does not exist. */
export function decideJoin(conversation: Conversation | null): Result<null, Refusal> {
  return conversation?.kind === "channel" ? ok(null) : refused({ reason: "unknown_conversation" });
}

export function decideLeave(conversation: Conversation): Result<null, Refusal> {
  return conversation.kind === "direct" ? refused(notAllowed) : ok(null);
}
