// What is shown first of a conversation that somebody opens: gathered in one go, so that who asks from another process
// asks once.

import type { ConversationId, MemberNo, Seq, UserId } from "#base/ids.ts";
import type { Conversation, Member } from "#core/conversations/conversation.ts";
import type { Message } from "#core/messages/message.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { Opened } from "#ports/messaging.ts";
import type { Caches } from "./caches.ts";

export interface OpenParts {
  readonly caches: Caches;
  readonly store: Pick<ConversationStore, "members" | "membersByNumber">;
  readonly limits: { readonly receiptsMembersMax: number };
}

/** null: there is no such conversation any more. */
export async function openConversation(parts: OpenParts, me: Member): Promise<Opened | null> {
  const { facts, recent } = parts.caches;
  const id = me.conversation;
  const conversation = await facts.conversation(id);
  if (!conversation) return null;
  const [newest = null] = await recent.newest([id]);
  const roster = await facts.roster(id);
  const people = await peopleOf(parts, conversation, roster, newest);
  return { conversation, me, newest, people, ...(await cursorsOf(parts, conversation, roster, me)) };
}

async function peopleOf(
  { store }: OpenParts,
  { id, kind }: Conversation,
  roster: readonly Member[] | null,
  newest: Message | null,
): Promise<readonly Member[]> {
  if (kind === "direct") return (roster ?? (await store.members(id, 0, 2, true))).slice(0, 2);
  if (!newest) return [];
  const author = roster?.find(({ member }) => member === newest.author);
  return author ? [author] : store.membersByNumber(id, [newest.author]);
}

async function cursorsOf(
  { caches, store, limits }: OpenParts,
  { id, memberCount }: Conversation,
  roster: readonly Member[] | null,
  me: Member,
): Promise<Pick<Opened, "readSeq" | "cursors">> {
  const isSmall = memberCount <= limits.receiptsMembersMax;
  const members = isSmall ? await activeOf(store, id, roster, limits.receiptsMembersMax) : [me];
  const read = await caches.cursors.of(
    id,
    members.map(({ user }) => user),
  );
  const seqs = new Map<UserId, Seq>(read.map(({ user, seq }) => [user, seq]));
  const readSeq = seqs.get(me.user) ?? null;
  if (!isSmall) return { readSeq, cursors: [] };
  const cursors: { member: MemberNo; seq: Seq }[] = [];
  for (const { user, member } of members) {
    const seq = seqs.get(user);
    if (seq !== undefined) cursors.push({ member, seq });
  }
  return { readSeq, cursors };
}

async function activeOf(
  store: OpenParts["store"],
  id: ConversationId,
  roster: readonly Member[] | null,
  max: number,
): Promise<readonly Member[]> {
  if (!roster) return store.members(id, 0, max, false);
  return roster.filter(({ active }) => active).slice(0, max);
}
