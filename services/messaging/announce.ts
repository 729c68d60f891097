// Tells the house what was committed: hints over the bus, after the commit and before the sender's answer.
// Whoever misses one finds the gap by number (law 1).

import type { ConversationId, MemberNo, Rev, Seq, UserId } from "#base/ids.ts";
import type { Member } from "#core/conversations/conversation.ts";
import type { Change, Message } from "#core/messages/message.ts";
import type { ChangeEncoder } from "#ports/change-encoder.ts";
import type { MemberChange } from "#ports/conversation-store.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { NewMessage } from "#ports/message-log.ts";
import type { Caches } from "./caches.ts";
import type { AppendAnswer } from "./commit-queue.ts";

export class Announcer {
  readonly #encoder: ChangeEncoder;
  readonly #bus: EventBus;
  readonly #caches: Caches;

  constructor(encoder: ChangeEncoder, bus: EventBus, caches: Caches) {
    this.#encoder = encoder;
    this.#bus = bus;
    this.#caches = caches;
  }

  /** One event a conversation, its changes in the order of their numbers. */
  group(sends: readonly NewMessage[], answers: readonly AppendAnswer[]): void {
    const byConversation = new Map<ConversationId, Change[]>();
    for (let i = 0; i < sends.length; i++) {
      const answer = answers[i]!;
      if (answer === "unknown_conversation") continue;
      const send = sends[i]!;
      if (!answer.isNew) {
        this.#caches.stands(send.conversation, answer.rev);
        continue;
      }
      const changes = byConversation.get(send.conversation);
      const change = { kind: "message", ...messageOf(send, answer.rev, answer.seq) } as const;
      this.#caches.committed(send.conversation, change);
      if (changes) changes.push(change);
      else byConversation.set(send.conversation, [change]);
    }
    for (const [conversation, changes] of byConversation) this.#publish(conversation, changes);
  }

  change(conversation: ConversationId, change: Change): void {
    this.#caches.committed(conversation, change);
    this.#publish(conversation, [change]);
  }

  /** Membership changes: the room hears of them, and each person's own sessions join or leave. */
  members(conversation: ConversationId, changes: readonly MemberChange[]): void {
    if (changes.length === 0) return;
    for (const change of changes) this.#caches.committed(conversation, change);
    this.#publish(conversation, changes);
    for (const change of changes) this.membership(memberOf(conversation, change));
  }

  membership(member: Member): void {
    const { user, conversation } = member;
    this.#bus.publishUser(
      member.active ? { kind: "joined", user, member } : { kind: "left", user, conversation },
    );
  }

  typing(conversation: ConversationId, member: MemberNo, user: UserId): void {
    this.#bus.publishState({ kind: "typing", conversation, member, user });
  }

  /** In a large conversation every member reads every message: only the reader's own devices are told. */
  read(conversation: ConversationId, member: MemberNo, user: UserId, seq: Seq, isLarge: boolean): void {
    const event = { kind: "read", conversation, member, user, seq } as const;
    if (isLarge) this.#bus.publishUser(event);
    else this.#bus.publishState(event);
  }

  #publish(conversation: ConversationId, changes: readonly Change[]): void {
    this.#bus.publishChanges(this.#encoder.encode(conversation, changes));
  }
}

function messageOf(send: NewMessage, rev: Rev, seq: Seq): Message {
  const { author, at, text, name, replyTo } = send;
  return replyTo === undefined
    ? { rev, seq, author, at, text, name }
    : { rev, seq, author, at, text, name, replyTo };
}

export function memberOf(conversation: ConversationId, change: MemberChange): Member {
  const { user, member, role, active, rev } = change;
  return { conversation, user, member, role, active, rev };
}
