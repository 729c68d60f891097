// User side: which conversations a user is in, and how far they have read. Rules P16 - P19 in ports/SPEC.md.
// Fed from the outbox (memberships), so it may be a moment behind; correctness never depends on that moment.
//
// P16 apply is idempotent and keeps the newest by rev: an older row, or the same again, changes nothing.
// P17 a read cursor only grows, and never beyond what was asked.
// P18 list gives only conversations in which the user is active.
// P19 a new membership starts read up to `joinedSeq`.

import type { ConversationId, MemberNo, Rev, Seq, UserId } from "#base/ids.ts";

export interface InboxEntry {
  readonly user: UserId;
  readonly conversation: ConversationId;
  readonly member: MemberNo;
  readonly readSeq: Seq;
}

export interface MembershipRow {
  readonly user: UserId;
  readonly conversation: ConversationId;
  readonly member: MemberNo;
  readonly rev: Rev;
  readonly active: boolean;
  readonly joinedSeq: Seq;
}

export interface ReadCursor {
  readonly user: UserId;
  readonly conversation: ConversationId;
  readonly seq: Seq;
}

export interface Inbox {
  /** For each user, in the order asked, ordered by conversation id. One round trip for all. */
  list(users: readonly UserId[]): Promise<readonly (readonly InboxEntry[])[]>;
  /** One user's cursors of some conversations' members: who has read how far. */
  cursors(conversation: ConversationId, users: readonly UserId[]): Promise<readonly ReadCursor[]>;
  /** The rows that were newer than what stood, and so were written. */
  apply(rows: readonly MembershipRow[]): Promise<readonly MembershipRow[]>;
  readUpTo(cursors: readonly ReadCursor[]): Promise<void>;
}
