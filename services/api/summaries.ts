// What a list of conversations shows of each: where it stands, its newest message and who wrote it, and for a
// direct one who the other is. Read in a few round trips, however long the list.

import type { ConversationId, MemberNo, Seq, UserId } from "#base/ids.ts";
import type { Conversation, Member } from "#core/conversations/conversation.ts";
import type { Message } from "#core/messages/message.ts";
import type { Account, Accounts } from "#ports/accounts.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { Messaging, Opened } from "#ports/messaging.ts";
import { profileView } from "./account-views.ts";
import { messageView } from "./message-views.ts";

export interface SummaryParts {
  readonly conversations: Pick<ConversationStore, "conversations" | "memberships" | "membersAt">;
  readonly messaging: Pick<Messaging, "newest">;
  readonly accounts: Pick<Accounts, "accounts">;
}

export interface Mine {
  readonly conversation: Conversation;
  readonly me: Member;
  readonly readSeq: Seq;
}

/** Only those in which `user` is an active member now. */
export async function mineOf(
  parts: Pick<SummaryParts, "conversations">,
  user: UserId,
  entries: readonly { readonly conversation: ConversationId; readonly readSeq: Seq }[],
): Promise<readonly Mine[]> {
  if (entries.length === 0) return [];
  const ids = entries.map((entry) => entry.conversation);
  const [found, memberships] = await Promise.all([
    parts.conversations.conversations(ids),
    parts.conversations.memberships(ids.map((conversation) => ({ conversation, user }))),
  ]);
  return entries.flatMap(({ readSeq }, i) => {
    const conversation = found[i];
    const me = memberships[i];
    return conversation && me?.active ? [{ conversation, me, readSeq }] : [];
  });
}

type ShownParts = Pick<SummaryParts, "messaging" | "accounts"> & {
  readonly conversations: Pick<ConversationStore, "membersAt">;
};

export async function summaries(parts: ShownParts, mine: readonly Mine[]) {
  const newest =
    mine.length === 0 ? [] : await parts.messaging.newest(mine.map((one) => one.conversation.id));
  const people = await peopleOf(parts, mine, newest);
  return mine.map((one, i) => summaryOf(one, newest[i] ?? null, people[i]!));
}

export type SummaryView = ReturnType<typeof summaryOf>;

/** Of one conversation, which the messaging service has told all about. */
export async function summaryOfOpened(
  accounts: ShownParts["accounts"],
  { conversation, me, newest, people, readSeq }: Opened,
): Promise<SummaryView> {
  const found = await accounts.accounts(people.map(({ user }) => user));
  const named = people.flatMap(({ member }, i) => (found[i] ? [{ member, account: found[i] }] : []));
  // Without a cursor the membership is on its way to the inbox: it starts read up to here.
  return summaryOf({ conversation, me, readSeq: readSeq ?? conversation.lastSeq }, newest, named);
}

type Person = { readonly member: MemberNo; readonly account: Account };

function summaryOf({ conversation, me, readSeq }: Mine, newest: Message | null, people: readonly Person[]) {
  const { id, kind, title, rev, lastSeq, memberCount, createdAt } = conversation;
  const author = people.find((person) => person.member === newest?.author);
  const other = kind === "direct" ? people.find((person) => person.member !== me.member) : undefined;
  return {
    conversation: id,
    kind,
    title,
    rev,
    lastSeq,
    memberCount,
    createdAt,
    me: { member: me.member, role: me.role, readSeq },
    ...(newest ? { lastMessage: messageView(newest) } : {}),
    ...(author ? { lastAuthor: authorView(author) } : {}),
    ...(other ? { other: profileView(other.account) } : {}),
  };
}

function authorView({ member, account }: Person) {
  return { member, user: account.user, displayName: account.displayName };
}

/** For each conversation the people that its summary names: the newest message's author, a direct one's two. */
async function peopleOf(
  { conversations, accounts }: ShownParts,
  mine: readonly Mine[],
  newest: readonly (Message | null)[],
): Promise<readonly (readonly Person[])[]> {
  const places = mine.flatMap(({ conversation }, i) =>
    numbersIn(conversation, newest[i] ?? null).map((member) => ({ conversation: conversation.id, member })),
  );
  const members = places.length === 0 ? [] : await conversations.membersAt(places);
  const users = [...new Set(members.flatMap((member) => (member ? [member.user] : [])))];
  const found = users.length === 0 ? [] : await accounts.accounts(users);
  const byUser = new Map(found.flatMap((account) => (account ? [[account.user, account] as const] : [])));
  const people = new Map<ConversationId, Person[]>();
  for (const row of members) {
    const account = row && byUser.get(row.user);
    if (!account) continue;
    people.set(row.conversation, [...(people.get(row.conversation) ?? []), { member: row.member, account }]);
  }
  return mine.map(({ conversation }) => people.get(conversation.id) ?? []);
}

function numbersIn(conversation: Conversation, newest: Message | null): readonly MemberNo[] {
  if (conversation.kind === "direct") return [1, 2] as MemberNo[];
  return newest ? [newest.author] : [];
}
