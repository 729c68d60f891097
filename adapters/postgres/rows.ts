// Rows to the domain's words. The client gives 8-byte integers as texts; ours stay far below 2^53.

import type { Bucket, ConversationId, MemberNo, MessageName, Rev, Seq, UserId } from "#base/ids.ts";
import type { Conversation, ConversationKind, Member, Role } from "#core/conversations/conversation.ts";
import type { Message, ReactionCount } from "#core/messages/message.ts";
import type { Row } from "./database.ts";

const kinds: readonly ConversationKind[] = ["direct", "group", "channel"];
const roles: readonly Role[] = ["owner", "admin", "member"];

export const kindNo = (kind: ConversationKind): number => kinds.indexOf(kind) + 1;
export const roleNo = (role: Role): number => roles.indexOf(role) + 1;
export const roleOf = (no: number): Role => roles[no - 1]!;

export function messageOf(row: Row): Message {
  return {
    rev: Number(row.rev) as Rev,
    seq: Number(row.seq) as Seq,
    author: row.author_no as MemberNo,
    at: Number(row.at),
    text: row.text,
    name: row.name as MessageName,
    ...(row.reply_to === null ? {} : { replyTo: Number(row.reply_to) as Seq }),
    ...(row.edited_at === null ? {} : { editedAt: Number(row.edited_at) }),
    ...(row.deleted_at === null ? {} : { deletedAt: Number(row.deleted_at) }),
  };
}

/** `row.reactions`: [[emoji, count, mine], ...] or null. */
export function messageWithReactions(row: Row): Message {
  const reactions: ReactionCount[] = (row.reactions ?? []).map(
    ([emoji, count, mine]: [string, number, boolean]) => ({ emoji, count, mine }),
  );
  return { ...messageOf(row), reactions };
}

export function memberOf(row: Row): Member {
  return {
    conversation: row.conversation_id as ConversationId,
    user: row.user_id as UserId,
    member: row.member_no as MemberNo,
    role: roleOf(row.role),
    active: row.active,
    rev: Number(row.rev) as Rev,
  };
}

export function conversationOf(row: Row): Conversation {
  return {
    id: row.id as ConversationId,
    bucket: row.bucket as Bucket,
    kind: kinds[row.kind - 1]!,
    title: row.title,
    homeRegion: row.home_region,
    createdAt: Number(row.created_at),
    rev: Number(row.rev) as Rev,
    lastSeq: Number(row.last_seq) as Seq,
    memberCount: row.member_count,
  };
}
