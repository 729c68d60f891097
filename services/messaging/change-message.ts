// Edit, delete and react: decided on facts, written alone in their lane so that numbers and announcements keep
// one order, announced when they changed something.

import type { ConversationId, Seq, UserId } from "#base/ids.ts";
import { ok, type Result, refused } from "#base/result.ts";
import type { Conversation, Member } from "#core/conversations/conversation.ts";
import { decideEmoji, decideMembership, decideText, mayDeleteOf } from "#core/messages/decide.ts";
import type { Change } from "#core/messages/message.ts";
import type { Refusal } from "#core/refusal.ts";
import type { Clock } from "#ports/clock.ts";
import type { ChangeRefusal, MessageLog } from "#ports/message-log.ts";
import type { Receipt } from "#ports/messaging.ts";
import type { Announcer } from "./announce.ts";
import type { CommitQueue } from "./commit-queue.ts";
import type { FactsCache } from "./facts.ts";
import type { MessagingLimits } from "./limits.ts";

export interface ChangeParts {
  readonly log: MessageLog;
  readonly facts: FactsCache;
  readonly queue: CommitQueue;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly limits: MessagingLimits;
}

type Receipted = Promise<Result<Receipt, Refusal>>;

export async function editMessage(
  parts: ChangeParts,
  user: UserId,
  id: ConversationId,
  seq: Seq,
  text: string,
): Receipted {
  const decision = decideText(text, parts.limits);
  if (!decision.ok) return decision;
  return changed(parts, user, id, seq, (me) => parts.log.edit(id, seq, me.member, text, parts.clock.now()));
}

export async function removeMessage(
  parts: ChangeParts,
  user: UserId,
  id: ConversationId,
  seq: Seq,
): Receipted {
  return changed(parts, user, id, seq, (me, conversation) =>
    parts.log.remove(id, seq, mayDeleteOf(me, conversation.kind), parts.clock.now()),
  );
}

export async function reactToMessage(
  parts: ChangeParts,
  user: UserId,
  id: ConversationId,
  seq: Seq,
  emoji: string,
  on: boolean,
): Receipted {
  const decision = decideEmoji(emoji, parts.limits);
  if (!decision.ok) return decision;
  return changed(parts, user, id, seq, (me) =>
    parts.log.react(id, seq, me.member, emoji, on, parts.clock.now()),
  );
}

/** A receipt with rev 0 says that it stood as wished already: there is no change to apply. */
async function changed(
  parts: ChangeParts,
  user: UserId,
  id: ConversationId,
  seq: Seq,
  write: (me: Member, conversation: Conversation) => Promise<Result<Change | null, ChangeRefusal>>,
): Receipted {
  const known = parts.facts.of(user, id);
  const { member, conversation } = known instanceof Promise ? await known : known;
  const me = decideMembership(member);
  if (!me.ok) return me;
  if (!conversation) return refused({ reason: "unknown_conversation" });
  const waiting = parts.queue.alone(id, async () => {
    const answer = await write(me.value, conversation);
    if (answer.ok && answer.value) parts.announcer.change(id, answer.value);
    return answer;
  });
  if (!waiting) return refused({ reason: "overloaded", retryAfterMs: parts.limits.overloadedRetryMs });
  const answer = await waiting;
  if (!answer.ok) return refused({ reason: answer.refusal });
  return ok({ rev: answer.value?.rev ?? (0 as Receipt["rev"]), seq, at: parts.clock.now() });
}
