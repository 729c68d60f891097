// What a list of conversations shows of each: where it stands, its newest message and who wrote it, and for a
// direct one who the other is. Read in a few round trips, however long the list.

import type { ConversationId, MemberNo, Seq, UserId } from "#base/ids.ts";
import type { Conversation, Member } from "#core/conversations/conversation.ts";
import type { Message } from "#core/messages/message.ts";
import type { Account, Accounts } from "#ports/accounts.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { Messaging } from "#ports/messaging.ts";
import { profileView } from "./account-views.ts";
import { messageView } from "./message-views.ts";

export interface SummaryParts {
  readonly conversations: Pick<ConversationStore, "conversations" | "memberships">;
  readonly messaging: Pick<Messaging, "newest" | "membersByNumber">;
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

export async function summaries(parts: SummaryParts, user: UserId, mine: readonly Mine[]) {
  const newest =
    mine.length === 0 ? [] : await parts.messaging.newest(mine.map((one) => one.conversation.id));
  const people = await peopleOf(parts, user, mine, newest);
  return mine.map((one, i) => summaryOf(one, newest[i] ?? null, people[i]!));
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

/** For each conversation the people that its summary names. */
async function peopleOf(
  { messaging, accounts }: SummaryParts,
  user: UserId,
  mine: readonly Mine[],
  newest: readonly (Message | null)[],
): Promise<readonly (readonly Person[])[]> {
  const members = await Promise.all(
    mine.map(async ({ conversation, me }, i) => {
      const numbers = conversation.kind === "direct" ? [1, 2] : [newest[i]?.author ?? me.member];
      const isOnlyMe = numbers.every((number) => number === me.member);
      if (isOnlyMe) return [me];
      const found = await messaging.membersByNumber(user, conversation.id, numbers as MemberNo[]);
      return found.ok ? found.value : [me];
    }),
  );
  const users = [...new Set(members.flat().map((member) => member.user))];
  const found = users.length === 0 ? [] : await accounts.accounts(users);
  const byUser = new Map(found.flatMap((account) => (account ? [[account.user, account] as const] : [])));
  return members.map((list) =>
    list.flatMap(({ member, user }) => {
      const account = byUser.get(user);
      return account ? [{ member, account }] : [];
    }),
  );
}
