// Hints between processes: what is lost here is healed by numbers (law 1). Rules P30 - P33, P51 and P52 in
// ports/SPEC.md.
//
// P30 every listener of a followed conversation gets each event published after follow has taken effect (at once in
//     one process, within a round trip between processes), once, in the publisher's order, as long as nothing fails.
// P31 an event for a conversation or user that nobody follows costs no listener anything.
// P32 publish never blocks and never throws on a slow or failed listener.
// P33 changes arrive as the bytes that the publisher encoded (law 5).
// P51 where events may have been lost, every listener is told so by interrupted().
// P52 who follows buckets is told of each event about their conversations that another process published.

import type { ConversationId, MemberNo, MessageName, Rev, Seq, SessionId, UserId } from "#base/ids.ts";
import type { Member } from "#core/conversations/conversation.ts";

/** Changes of one conversation, encoded once per codec on first use. */
export interface EncodedChanges {
  readonly conversation: ConversationId;
  /** The last rev within. */
  readonly rev: Rev;
  readonly lastSeq: Seq;
  /** Each change's bytes for one codec, in the order of their revs. */
  encoded(codec: string): readonly (string | Uint8Array<ArrayBuffer>)[];
  /** The names of the sends within, when sends are all there is: who sent them knows them by their receipts. */
  readonly names: readonly MessageName[] | null;
}

/** States that the newest value replaces: told to who follows the conversation, never stored by the bus. */
export type ConversationState =
  | {
      readonly kind: "typing";
      readonly conversation: ConversationId;
      readonly member: MemberNo;
      readonly user: UserId;
    }
  | {
      readonly kind: "read";
      readonly conversation: ConversationId;
      readonly member: MemberNo;
      readonly user: UserId;
      readonly seq: Seq;
    };

export type UserEvent =
  | { readonly kind: "joined"; readonly user: UserId; readonly member: Member }
  | { readonly kind: "left"; readonly user: UserId; readonly conversation: ConversationId }
  | { readonly kind: "revoked"; readonly user: UserId; readonly session: SessionId }
  /** A read cursor that only the reader's own devices are told: nobody else is, in a large conversation. */
  | Extract<ConversationState, { kind: "read" }>;

/** Where a conversation stands, told when its changes could not be: readers find the gap and ask. */
export interface HeadEvent {
  readonly conversation: ConversationId;
  readonly rev: Rev;
  readonly lastSeq: Seq;
}

export interface BusListener {
  changes(event: EncodedChanges): void;
  head(event: HeadEvent): void;
  state(event: ConversationState): void;
  user(event: UserEvent): void;
  /** Events may have been lost up to now: whoever relied on hearing everything asks anew. */
  interrupted(): void;
}

export interface EventBus {
  publishChanges(event: EncodedChanges): void;
  publishHead(event: HeadEvent): void;
  publishState(event: ConversationState): void;
  publishUser(event: UserEvent): void;
  /** One listener a process; the returned function ends it. */
  listen(listener: BusListener): () => void;
  followConversation(conversation: ConversationId): void;
  unfollowConversation(conversation: ConversationId): void;
  /** By count: each is taken back by one unfollowUser. */
  followUser(user: UserId): void;
  unfollowUser(user: UserId): void;
  /**
   * Replaces the set of buckets whose foreign events are told: those about a conversation, published by another
   * process. For caches: it tells that something happened, not what.
   */
  followBuckets(buckets: ReadonlySet<number>, foreign: (conversation: ConversationId) => void): void;
}
