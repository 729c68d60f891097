// What the client library tells of conversations and their messages, and what one can do in them.

import type { ConversationId, MemberNo, MessageName, Rev, Seq, UserId } from "#base/ids.ts";
import type { Person } from "./account-types.ts";
import type { Answer, Refusal } from "./refusals.ts";

export type ConversationKind = "direct" | "group" | "channel";

export type Role = "owner" | "admin" | "member";

export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  readonly mine: boolean;
}

/** A message as numbered and stored by the server. Deleted: `deletedAt` is set and the text is empty. */
export interface Message {
  readonly rev: Rev;
  readonly seq: Seq;
  readonly author: MemberNo;
  readonly at: number;
  readonly text: string;
  readonly name?: MessageName;
  readonly replyTo?: Seq;
  readonly editedAt?: number;
  readonly deletedAt?: number;
  readonly reactions: readonly Reaction[];
}

/** One line in the list of conversations. */
export interface ConversationItem {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  /** The title or, in a direct conversation, the other person's name. */
  readonly title: string;
  /** Direct conversations: the other person. */
  readonly other?: Person;
  readonly role: Role;
  readonly memberCount: number;
  /** lastSeq - readSeq. */
  readonly unread: number;
  readonly lastSeq: Seq;
  readonly readSeq: Seq;
  readonly lastMessage?: Message;
  readonly lastAuthorName?: string;
  /** When something was last said here (or the conversation made): the list's order, newest first. */
  readonly activeAt: number;
}

export interface Member extends Person {
  readonly member: MemberNo;
  readonly role: Role;
  readonly active: boolean;
}

export interface Conversations {
  /** Newest activity first. Filled from the store at `start()`, then kept up to date. */
  readonly list: readonly ConversationItem[];
  /** True once the server's list has been seen in this run. */
  readonly complete: boolean;
  item(id: ConversationId): ConversationItem | undefined;
  create(wish: { kind: ConversationKind; title?: string; users: readonly UserId[] }): Answer<ConversationId>;
  join(id: ConversationId): Answer<void>;
  leave(id: ConversationId): Answer<void>;
  rename(id: ConversationId, title: string): Answer<void>;
  addMembers(id: ConversationId, users: readonly UserId[]): Answer<void>;
  removeMember(id: ConversationId, user: UserId): Answer<void>;
  setRole(id: ConversationId, user: UserId, role: Role): Answer<void>;
  /** One page of members in the order of their numbers; `next` goes into `after`. */
  members(
    id: ConversationId,
    page?: { after?: number; limit?: number },
  ): Answer<{ members: readonly Member[]; next?: number }>;
}

/** sending: named and kept, not yet acknowledged. failed: refused for good; retry or discard it. */
export type MessageStatus = "sent" | "sending" | "failed";

/** A message as a page shows it: a stored one, or one that is on its way. */
export interface ShownMessage {
  /** Stays the same when an echo becomes the real message. */
  readonly key: string;
  readonly status: MessageStatus;
  readonly mine: boolean;
  /** Absent while on its way. */
  readonly seq?: Seq;
  readonly name?: MessageName;
  /** 0 where one's own number is not known yet. */
  readonly author: MemberNo;
  readonly at: number;
  readonly text: string;
  readonly replyTo?: Seq;
  readonly editedAt?: number;
  readonly deletedAt?: number;
  readonly reactions: readonly Reaction[];
  /** An edit, delete or reaction of one's own that is shown but not acknowledged yet. */
  readonly changing: boolean;
  /** Why it failed. */
  readonly refusal?: Refusal;
}

export interface Receipt {
  readonly rev: Rev;
  readonly seq: Seq;
  readonly at: number;
}

/**
 * One conversation, opened. It tells `change` after anything below may read differently. Open views are what the
 * server is told that this client looks at (typing and read cursors come only for those); close what is not shown.
 */
export interface ConversationView {
  readonly id: ConversationId;
  readonly item: ConversationItem | undefined;
  /** One unbroken run of messages by rising number; when it ends at the newest, what is on its way follows. */
  readonly messages: readonly ShownMessage[];
  /** Whether older / newer messages exist that this run does not hold. */
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  readonly loading: boolean;
  /** The first unread message when the view was opened at unread: where to draw the line. */
  readonly unreadFrom: Seq | undefined;
  readonly typing: readonly MemberNo[];
  /** How far each other member has read (conversations up to `limits.receiptsMembersMax`). */
  readonly readCursors: ReadonlyMap<MemberNo, Seq>;
  /** What the cache knows; an unknown number is asked for, and `change` follows. */
  member(member: MemberNo): Member | undefined;
  /** All members known so far. */
  readonly knownMembers: readonly Member[];

  openAtHead(): Answer<void>;
  openAtUnread(): Answer<void>;
  openAround(seq: Seq): Answer<void>;
  loadBefore(limit?: number): Answer<void>;
  loadAfter(limit?: number): Answer<void>;

  /** Named, kept and shown; sent as soon as possible. Refused only where the outbox is full or the text is too large. */
  send(text: string, options?: { replyTo?: Seq }): Answer<MessageName>;
  /** Fulfils when the server has numbered it, or refused it for good. */
  sent(name: MessageName): Answer<Receipt>;
  retry(name: MessageName): void;
  discard(name: MessageName): void;
  edit(seq: Seq, text: string): Answer<Receipt>;
  remove(seq: Seq): Answer<Receipt>;
  react(seq: Seq, emoji: string, on: boolean): Answer<Receipt>;
  markRead(seq: Seq): void;
  /** Call at each keystroke; told to the others at most every `limits.typingEveryMs`. */
  type(): void;

  on<E extends keyof ViewEvents>(event: E, listener: (data: ViewEvents[E]) => void): () => void;
  close(): void;
}

export interface ViewEvents {
  change: undefined;
}
