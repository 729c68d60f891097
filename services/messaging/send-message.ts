// Step 6 of a message's way: facts, decision, group commit, receipt. Nothing else belongs here.

import type { Rev, Seq } from "#base/ids.ts";
import { ok, type Result, refused } from "#base/result.ts";
import { decideMembership, decideText } from "#core/messages/decide.ts";
import type { Refusal } from "#core/refusal.ts";
import type { Clock } from "#ports/clock.ts";
import type { Receipt, SendCommand } from "#ports/messaging.ts";
import type { CommitQueue } from "./commit-queue.ts";
import type { ConversationAllowance } from "./conversation-allowance.ts";
import type { Facts, FactsCache } from "./facts.ts";
import type { MessagingLimits } from "./limits.ts";
import type { ReadCursors } from "./read-cursors.ts";

interface Parts {
  readonly facts: FactsCache;
  readonly queue: CommitQueue;
  readonly allowance: ConversationAllowance;
  readonly cursors: ReadCursors;
  readonly clock: Clock;
  readonly limits: MessagingLimits;
}

export async function sendMessage(parts: Parts, command: SendCommand): Promise<Result<Receipt, Refusal>> {
  const text = decideText(command.text, parts.limits);
  if (!text.ok) return text;
  const facts = parts.facts.of(command.user, command.conversation);
  return append(parts, command, facts instanceof Promise ? await facts : facts);
}

async function append(parts: Parts, command: SendCommand, facts: Facts): Promise<Result<Receipt, Refusal>> {
  const { user, conversation, name, text, replyTo, again } = command;
  const me = decideMembership(facts.member);
  if (!me.ok) return me;
  const at = parts.clock.now();
  const waitMs = parts.allowance.spend(conversation, at);
  if (waitMs > 0) return refused({ reason: "rate_limited", retryAfterMs: waitMs });
  const message = { conversation, author: me.value.member, name, at, text, again };
  const waiting = parts.queue.append(replyTo ? { ...message, replyTo } : message);
  if (!waiting) return refused({ reason: "overloaded", retryAfterMs: parts.limits.overloadedRetryMs });
  const answer = await waiting;
  if (answer === "unknown_conversation") return refused({ reason: "unknown_conversation" });
  parts.cursors.note(user, conversation, answer.seq);
  return ok(receipt(answer.rev, answer.seq, answer.at));
}

export function receipt(rev: Rev, seq: Seq, at: number): Receipt {
  return { rev, seq, at };
}
