// A message's state and the changes that a conversation's rev numbers (DESIGN, law 2).

import type { ConversationId, MemberNo, MessageName, Rev, Seq, UserId } from "#base/ids.ts";
import type { Role } from "#core/conversations/conversation.ts";

export interface ReactionCount {
  readonly emoji: string;
  readonly count: number;
  /** Whether the reader, for whom this was read, is one of them. */
  readonly mine: boolean;
}

/** The state of one message. Deleted: `deletedAt` set and the text empty (a tombstone keeps its number). */
export interface Message {
  /** The conversation's rev at which this row last changed. */
  readonly rev: Rev;
  readonly seq: Seq;
  readonly author: MemberNo;
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number;
  readonly text: string;
  readonly name: MessageName;
  readonly replyTo?: Seq;
  readonly editedAt?: number;
  readonly deletedAt?: number;
  /** Only where read for one reader. */
  readonly reactions?: readonly ReactionCount[];
}

export type Change =
  | ({ readonly kind: "message" } & Message)
  | {
      readonly kind: "reaction";
      readonly rev: Rev;
      readonly seq: Seq;
      readonly member: MemberNo;
      readonly emoji: string;
      readonly on: boolean;
      /** Members who chose this emoji, after the change. */
      readonly count: number;
    }
  | {
      readonly kind: "member";
      readonly rev: Rev;
      readonly member: MemberNo;
      readonly user: UserId;
      readonly role: Role;
      readonly active: boolean;
      readonly displayName: string;
    }
  | { readonly kind: "conversation"; readonly rev: Rev; readonly title: string };

/** Changes of one conversation that were committed together, in the order of their revs. */
export interface Changes {
  readonly conversation: ConversationId;
  readonly changes: readonly Change[];
}
