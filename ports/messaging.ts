// The command bus: what gateway and API ask of the messaging service. A function call when they share a
// process, a request over the bus when they do not. Rules P34 - P37 and P88 in ports/SPEC.md.
//
// P34 a command is answered once, with what was committed or with a refusal; a rejected promise means that the
//     outcome is unknown and the command may be given again (sends: with the same name).
// P35 every command is checked against the membership of `user` in the conversation.
// P36 commands of one conversation from one caller take effect in the order given.
// P37 a full queue answers "overloaded" at once and stores nothing.
// P88 a cursor that was told is in the store or among the waiting ones.

import type { ConversationId, MemberNo, MessageName, Rev, Seq, UserId } from "#base/ids.ts";
import type { Result } from "#base/result.ts";
import type { Conversation, ConversationKind, Member, Role } from "#core/conversations/conversation.ts";
import type { Message } from "#core/messages/message.ts";
import type { Refusal } from "#core/refusal.ts";
import type { ReadCursor } from "./inbox.ts";
import type { CatchUp, Page, PageFrom } from "./message-log.ts";

export interface SendCommand {
  readonly user: UserId;
  readonly conversation: ConversationId;
  readonly name: MessageName;
  readonly text: string;
  readonly replyTo?: Seq;
  readonly again: boolean;
}

/** The number is the receipt. */
export interface Receipt {
  readonly rev: Rev;
  readonly seq: Seq;
  /** Milliseconds since 1970, as stored. */
  readonly at: number;
}

/** What is shown first of a conversation that somebody opens, beside its messages. */
export interface Opened {
  readonly conversation: Conversation;
  readonly me: Member;
  readonly newest: Message | null;
  /** Whom it names: the newest message's author, and both of a direct one. */
  readonly people: readonly Member[];
  /** How far I have read; null: I came in a moment ago, and that is not stored yet. */
  readonly readSeq: Seq | null;
  /** How far each member has read; empty where there are more than are told of each other. */
  readonly cursors: readonly { readonly member: MemberNo; readonly seq: Seq }[];
}

export interface Messaging {
  send(command: SendCommand): Promise<Result<Receipt, Refusal>>;
  edit(user: UserId, conversation: ConversationId, seq: Seq, text: string): Promise<Result<Receipt, Refusal>>;
  remove(user: UserId, conversation: ConversationId, seq: Seq): Promise<Result<Receipt, Refusal>>;
  react(
    user: UserId,
    conversation: ConversationId,
    seq: Seq,
    emoji: string,
    on: boolean,
  ): Promise<Result<Receipt, Refusal>>;
  since(
    user: UserId,
    conversation: ConversationId,
    rev: Rev,
    seq: Seq,
    rowsMax: number,
  ): Promise<Result<CatchUp, Refusal>>;
  page(
    user: UserId,
    conversation: ConversationId,
    from: PageFrom,
    count: number,
  ): Promise<Result<Page, Refusal>>;
  /** Not stored at once: the newest value is written within a second or so, and told to who looks. */
  read(user: UserId, conversation: ConversationId, seq: Seq): Promise<Result<null, Refusal>>;
  typing(user: UserId, conversation: ConversationId): Promise<Result<null, Refusal>>;

  /** direct: `users` is the other one. The creator becomes owner (direct: both are members). */
  create(
    user: UserId,
    kind: ConversationKind,
    title: string,
    users: readonly UserId[],
  ): Promise<Result<Conversation, Refusal>>;
  conversation(
    user: UserId,
    conversation: ConversationId,
  ): Promise<Result<{ conversation: Conversation; me: Member }, Refusal>>;
  /** In one answer, from the process that keeps the conversation. */
  opened(user: UserId, conversation: ConversationId): Promise<Result<Opened, Refusal>>;
  rename(user: UserId, conversation: ConversationId, title: string): Promise<Result<null, Refusal>>;
  addMembers(
    user: UserId,
    conversation: ConversationId,
    users: readonly UserId[],
  ): Promise<Result<null, Refusal>>;
  removeMember(user: UserId, conversation: ConversationId, other: UserId): Promise<Result<null, Refusal>>;
  setRole(
    user: UserId,
    conversation: ConversationId,
    other: UserId,
    role: Role,
  ): Promise<Result<null, Refusal>>;
  /** Joining a channel by oneself. */
  join(user: UserId, conversation: ConversationId): Promise<Result<Member, Refusal>>;
  leave(user: UserId, conversation: ConversationId): Promise<Result<null, Refusal>>;
  members(
    user: UserId,
    conversation: ConversationId,
    after: number,
    count: number,
  ): Promise<Result<readonly Member[], Refusal>>;
  membersByNumber(
    user: UserId,
    conversation: ConversationId,
    numbers: readonly MemberNo[],
  ): Promise<Result<readonly Member[], Refusal>>;

  /**
   * How far these members have read, as far as the process that keeps the conversation was told. Asked by processes
   * of the release before; `opened` tells it too.
   */
  cursors(
    user: UserId,
    conversation: ConversationId,
    users: readonly UserId[],
  ): Promise<Result<readonly ReadCursor[], Refusal>>;

  /**
   * Cursors of these users that were told lately and may not be stored yet. Never waits for long: between processes,
   * what one of them does not say in time is left out.
   */
  waitingCursors(users: readonly UserId[]): Promise<readonly ReadCursor[]>;

  /** The newest message of each, for lists of conversations that `user` is known to be in. */
  newest(conversations: readonly ConversationId[]): Promise<readonly (Message | null)[]>;
  /** Heads for sessions that come back: one read for all conversations that no cache knows. */
  /** `isFresh`: as the store has them now, for who heals what a lost event left behind; else from what is near. */
  heads(
    conversations: readonly ConversationId[],
    isFresh?: boolean,
  ): Promise<readonly ({ rev: Rev; lastSeq: Seq } | null)[]>;
}
