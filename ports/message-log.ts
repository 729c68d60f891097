// The log of messages: the truth of every conversation. Rules P1 - P9 in ports/SPEC.md; the contract suite
// tests/contract/message-log.ts proves them for each adapter.
//
// P1  append stores and numbers in one step; when its promise fulfils, the messages are committed.
// P2  seq and rev of a conversation are gapless, in the order of the group, whatever fails in between.
// P3  the same (conversation, author, name) again answers as the first time and stores nothing.
// P4  an edit or delete changes only a message that exists, is not deleted and may be changed by `by`; otherwise
//     it is refused and takes no rev.
// P5  a reaction set twice, or taken back when it is not there, takes no rev.
// P6  since(rev, seq) gives the current state of each row changed after rev, and the head it is current for;
//     with more than rowsMax rows it gives a reset and no rows.
// P7  page gives messages in rising seq, tombstones included, and says whether more exist on either side.
// P8  a failure of the world (connection lost, disk full) rejects; nothing of that group is visible, or all.
// P85 recent gives the newest messages and all that pages and catch-ups of any reader are made of, with the conversation
//     and its members, all of one moment.
// P9  append of a group accepts messages of one lane only.

import type { ConversationId, MemberNo, MessageName, Rev, Seq } from "#base/ids.ts";
import type { Result } from "#base/result.ts";
import type { Conversation, Member } from "#core/conversations/conversation.ts";
import type { Change, Message } from "#core/messages/message.ts";

export interface NewMessage {
  readonly conversation: ConversationId;
  readonly author: MemberNo;
  readonly name: MessageName;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
  readonly replyTo?: Seq;
  /** The client says that it may have sent this before; lets the adapter look for the name first. */
  readonly again: boolean;
}

export interface Appended {
  readonly rev: Rev;
  readonly seq: Seq;
  /** The stored time: the first send's, when the name was known. */
  readonly at: number;
  /** False when the name was known: there is nothing to announce. */
  readonly isNew: boolean;
}

export interface CatchUp {
  /** The head that the rows are current for. */
  readonly rev: Rev;
  readonly lastSeq: Seq;
  /** True: too far behind; forget what is cached and page from the head. */
  readonly reset: boolean;
  /** Rows of kind message, member and conversation in the order of their revs. */
  readonly changes: readonly Change[];
}

export type PageFrom = { readonly before: Seq } | { readonly after: Seq } | { readonly around: Seq } | "head";

export interface Page {
  /** The conversation's rev when the page was read. */
  readonly rev: Rev;
  readonly lastSeq: Seq;
  readonly messages: readonly Message[];
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
}

/** One message as everybody sees it. */
export interface RecentMessage {
  /** Without reactions: those depend on the reader. */
  readonly row: Message;
  /** Who chose what, in the order in which each emoji was first chosen; null: too many to keep at hand. */
  readonly reactions: readonly { readonly emoji: string; readonly members: readonly MemberNo[] }[] | null;
}

/** What answers for any reader are made of, without asking the log again. */
export interface Recent {
  readonly rev: Rev;
  readonly lastSeq: Seq;
  /** The newest, in rising seq, without a gap. */
  readonly messages: readonly RecentMessage[];
  /** No member, title or older message has changed after this rev. */
  readonly quietSince: Rev;
  readonly conversation: Conversation;
  /** Everybody who is or was one, by number; null: more than were asked for. */
  readonly members: readonly Member[] | null;
}

export type ChangeRefusal = "unknown_message" | "message_deleted" | "not_allowed" | "too_many";
export type Changed = Result<Extract<Change, { kind: "message" }>, ChangeRefusal>;
/** null: the reaction stood as wished already; there is nothing to announce. */
export type Reacted = Result<Extract<Change, { kind: "reaction" }> | null, ChangeRefusal>;

export interface MessageLog {
  /** Groups are written by lane; one lane takes one writer at a time best (docs/decisions/0002-lanes.md). */
  readonly laneCount: number;
  laneOf(conversation: ConversationId): number;
  /** Answers in the order of `sends`; "unknown_conversation" where there is none. */
  append(lane: number, sends: readonly NewMessage[]): Promise<readonly (Appended | "unknown_conversation")[]>;
  /** `by`: only its author may; null: any (a moderator, decided before). */
  edit(
    conversation: ConversationId,
    seq: Seq,
    by: MemberNo | null,
    text: string,
    at: number,
  ): Promise<Changed>;
  remove(conversation: ConversationId, seq: Seq, by: MemberNo | null, at: number): Promise<Changed>;
  react(
    conversation: ConversationId,
    seq: Seq,
    member: MemberNo,
    emoji: string,
    on: boolean,
    at: number,
  ): Promise<Reacted>;
  /** null: no such conversation. `seq` is the newest message that the reader has without a gap. */
  since(
    conversation: ConversationId,
    rev: Rev,
    seq: Seq,
    reader: MemberNo,
    rowsMax: number,
  ): Promise<CatchUp | null>;
  /** The newest message of each, in the order asked; null where there is none. One round trip for all. */
  newest(conversations: readonly ConversationId[]): Promise<readonly (Message | null)[]>;
  page(conversation: ConversationId, from: PageFrom, count: number, reader: MemberNo): Promise<Page | null>;
  /** The newest `count` messages and up to `membersMax` members, for caches. null: no such conversation. */
  recent(conversation: ConversationId, count: number, membersMax: number): Promise<Recent | null>;
}
