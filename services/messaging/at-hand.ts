// What is asked of a conversation that is known here, answered without waiting for anything: a dozen waits cost more
// than what is waited for. undefined where something is missing; then the usual way asks the store.

import type { ConversationId, MemberNo, Seq, UserId } from "#base/ids.ts";
import { ok, type Result } from "#base/result.ts";
import type { Member } from "#core/conversations/conversation.ts";
import { decideMembership } from "#core/messages/decide.ts";
import type { Message } from "#core/messages/message.ts";
import type { Refusal } from "#core/refusal.ts";
import type { Page, PageFrom } from "#ports/message-log.ts";
import type { Opened } from "#ports/messaging.ts";
import type { Caches } from "./caches.ts";

export function pageAtHand(
  { facts, recent }: Caches,
  user: UserId,
  id: ConversationId,
  from: PageFrom,
  count: number,
): Result<Page, Refusal> | undefined {
  const near = facts.near(user, id);
  if (!near) return undefined;
  const me = decideMembership(near.me);
  if (!me.ok) return me;
  const page = recent.pageAtHand(id, from, count, me.value.member);
  return page && ok(page);
}

export function openedAtHand(
  { facts, recent, cursors }: Caches,
  receiptsMembersMax: number,
  user: UserId,
  id: ConversationId,
): Result<Opened, Refusal> | undefined {
  const near = facts.near(user, id);
  if (!near?.roster || near.conversation.memberCount > receiptsMembersMax) return undefined;
  const me = decideMembership(near.me);
  if (!me.ok) return me;
  const newest = recent.newestAtHand(id);
  if (newest === undefined) return undefined;
  const { conversation, roster } = near;
  const people = conversation.kind === "direct" ? roster.slice(0, 2) : authorIn(roster, newest);
  const seqs = cursors.near(id);
  if (!seqs) return undefined;
  const read: { member: MemberNo; seq: Seq }[] = [];
  let readSeq: Seq | null = null;
  for (const { user: other, member, active } of roster) {
    if (!active) continue;
    const seq = seqs.get(other);
    if (seq === undefined) return undefined;
    read.push({ member, seq });
    if (other === user) readSeq = seq;
  }
  return ok({ conversation, me: me.value, newest, people, readSeq, cursors: read });
}

function authorIn(roster: readonly Member[], newest: Message | null): readonly Member[] {
  const author = newest && roster.find(({ member }) => member === newest.author);
  return author ? [author] : [];
}
