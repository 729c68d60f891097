// All that a memory store remembers, as PostgreSQL would: it outlives the process that writes to it, so that a
// simulated crash hands it to the next process. A commit is one synchronous step, hence atomic.

import type { ConversationId, MemberNo, MessageName, Rev, Seq, SessionId, UserId } from "#base/ids.ts";
import type { Conversation, Member } from "#core/conversations/conversation.ts";
import type { Message } from "#core/messages/message.ts";
import type { Account, NewSession } from "#ports/accounts.ts";
import type { DeadLetter } from "#ports/dead-letters.ts";
import type { MembershipRow } from "#ports/inbox.ts";
import type { OutboxEvent } from "#ports/outbox.ts";

export interface StoredMessage {
  /** Without reactions: those depend on the reader. */
  readonly row: Message;
  /** In the order in which each emoji was first chosen. */
  readonly reactions: ReadonlyMap<string, ReadonlySet<MemberNo>>;
}

export interface StoredMember {
  readonly row: Member;
  readonly joinedSeq: Seq;
}

export interface StoredConversation {
  head: Conversation;
  /** The rev at which the title last changed. */
  titleRev: Rev;
  /** Message seq stands at index seq - 1, member n at index n - 1. */
  readonly messages: StoredMessage[];
  /** How each name was answered first: a message's own rev moves on with its edits. */
  readonly receiptByName: Map<string, { readonly rev: Rev; readonly seq: Seq; readonly at: number }>;
  readonly members: StoredMember[];
  readonly memberByUser: Map<UserId, MemberNo>;
}

export interface StoredMembership {
  readonly row: MembershipRow;
  readonly readSeq: Seq;
}

export interface StoredAccount {
  readonly account: Account;
  readonly passwordHash: string;
  readonly sessions: Map<SessionId, NewSession>;
}

export interface StoredInvitation {
  readonly expiresAt: number;
  readonly usesLeft: number;
}

export interface MemoryStoreOptions {
  readonly laneCount: number;
  /** Different emoji on one message. */
  readonly emojiPerMessageMax: number;
}

export class MemoryStore {
  readonly laneCount: number;
  readonly emojiPerMessageMax: number;
  readonly conversations = new Map<ConversationId, StoredConversation>();
  readonly memberships = new Map<UserId, Map<ConversationId, StoredMembership>>();
  readonly accounts = new Map<UserId, StoredAccount>();
  /** By who made them. */
  readonly bots = new Map<UserId, readonly UserId[]>();
  readonly userByHandle = new Map<string, UserId>();
  /** By the hexadecimal form of the token's hash. */
  readonly invitations = new Map<string, StoredInvitation>();
  /** Entry n stands at index n - 1 - trimmedCount. */
  readonly outbox: OutboxEvent[] = [];
  readonly confirmedByConsumer = new Map<string, number>();
  trimmedCount = 0;
  /** By consumer and event, with whether it is dead. */
  readonly deadLetters = new Map<string, DeadLetter & { readonly isDead: boolean }>();

  constructor(options: MemoryStoreOptions) {
    this.laneCount = options.laneCount;
    this.emojiPerMessageMax = options.emojiPerMessageMax;
  }

  /** Each is told after something new came into the outbox. */
  readonly hints = new Set<() => void>();

  announce(event: OutboxEvent): void {
    this.outbox.push(event);
    for (const hint of this.hints) hint();
  }
}

/** The conversation's next rev; inside a commit only. */
export function takeRev(conversation: StoredConversation): Rev {
  const rev = (conversation.head.rev + 1) as Rev;
  conversation.head = { ...conversation.head, rev };
  return rev;
}

export function nameKey(author: MemberNo, name: MessageName): string {
  return `${author} ${name}`;
}
