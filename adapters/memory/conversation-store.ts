// The conversation store in memory, with the semantics of PostgreSQL's: rules P10 - P15.

import { bucketOf, type ConversationId, type MemberNo, type Rev, type Seq, type UserId } from "#base/ids.ts";
import { ok, type Result, refused } from "#base/result.ts";
import type { Conversation, Member, Role } from "#core/conversations/conversation.ts";
import type {
  ConversationStore,
  MemberChange,
  MemberRefusal,
  NewConversation,
} from "#ports/conversation-store.ts";
import type { Access } from "./access.ts";
import { type MemoryStore, type StoredConversation, takeRev } from "./store.ts";

export function openConversationStore(store: MemoryStore, access: Access): ConversationStore {
  const found = (id: ConversationId) => store.conversations.get(id);
  return {
    create: (wanted) => access.run("conversationStore.create", () => create(store, wanted)),
    conversations: (ids) =>
      access.run("conversationStore.conversations", () => ids.map((id) => found(id)?.head ?? null)),
    memberships: (pairs) =>
      access.run("conversationStore.memberships", () =>
        pairs.map((pair) => memberOf(found(pair.conversation), pair.user)),
      ),
    members: (id, after, count, alsoLeft) =>
      access.run("conversationStore.members", () =>
        rowsOf(found(id))
          .filter((row) => row.member > after && (alsoLeft || row.active))
          .slice(0, count),
      ),
    membersAt: (places) =>
      access.run("conversationStore.membersAt", () =>
        places.map(({ conversation, member }) => found(conversation)?.members[member - 1]?.row ?? null),
      ),
    membersByNumber: (id, numbers) =>
      access.run("conversationStore.membersByNumber", () =>
        rowsOf(found(id)).filter((row) => numbers.includes(row.member)),
      ),
    addMembers: (id, users, role, membersMax) =>
      access.run("conversationStore.addMembers", () => addMembers(store, found(id), users, role, membersMax)),
    setMember: (id, user, wish) =>
      access.run("conversationStore.setMember", () => setMember(store, found(id), user, wish)),
    rename: (id, title) => access.run("conversationStore.rename", () => rename(store, found(id), title)),
    channels: (words, count) =>
      access.run("conversationStore.channels", () => channels(store, words).slice(0, count)),
  };
}

function create(store: MemoryStore, wanted: NewConversation) {
  const existing = store.conversations.get(wanted.id);
  if (existing) return { created: false, conversation: existing.head, members: rowsOf(existing) };
  const conversation: StoredConversation = {
    head: {
      id: wanted.id,
      bucket: bucketOf(wanted.id),
      kind: wanted.kind,
      title: wanted.title,
      homeRegion: wanted.homeRegion,
      createdAt: wanted.createdAt,
      rev: 1 as Rev,
      lastSeq: 0 as Seq,
      memberCount: 0,
    },
    titleRev: 1 as Rev,
    messages: [],
    receiptByName: new Map(),
    members: [],
    memberByUser: new Map(),
  };
  store.conversations.set(wanted.id, conversation);
  const members = wanted.members.map(({ user, role }) => join(conversation, user, role));
  announce(store, conversation, members);
  return { created: true, conversation: conversation.head, members };
}

function addMembers(
  store: MemoryStore,
  conversation: StoredConversation | undefined,
  users: readonly UserId[],
  role: Role,
  membersMax: number,
): Result<readonly MemberChange[], MemberRefusal> {
  if (!conversation) return refused("unknown_conversation");
  const coming = [...new Set(users)].filter((user) => !memberOf(conversation, user)?.active);
  if (coming.length > 0 && conversation.head.memberCount + coming.length > membersMax)
    return refused("too_many");
  const rows = coming.map((user) => join(conversation, user, role));
  announce(store, conversation, rows);
  return ok(rows.map(changeOf));
}

function join(conversation: StoredConversation, user: UserId, role: Role): Member {
  const member = (conversation.memberByUser.get(user) ?? conversation.members.length + 1) as MemberNo;
  const id = conversation.head.id;
  const row: Member = { conversation: id, user, member, role, active: true, rev: takeRev(conversation) };
  conversation.members[member - 1] = { row, joinedSeq: conversation.head.lastSeq };
  conversation.memberByUser.set(user, member);
  conversation.head = { ...conversation.head, memberCount: conversation.head.memberCount + 1 };
  return row;
}

function setMember(
  store: MemoryStore,
  conversation: StoredConversation | undefined,
  user: UserId,
  wish: { role: Role } | { active: false },
): Result<MemberChange | null, MemberRefusal> {
  if (!conversation) return refused("unknown_conversation");
  const before = memberOf(conversation, user);
  if (!before || (!before.active && "role" in wish)) return refused("not_a_member");
  if (!before.active || ("role" in wish && wish.role === before.role)) return ok(null);
  if (leavesNoOwner(conversation, before, "active" in wish)) return refused("last_owner");
  const row: Member = { ...before, ...wish, rev: takeRev(conversation) };
  const { joinedSeq } = conversation.members[before.member - 1]!;
  conversation.members[before.member - 1] = { row, joinedSeq };
  const left = row.active ? 0 : 1;
  conversation.head = { ...conversation.head, memberCount: conversation.head.memberCount - left };
  announce(store, conversation, [row]);
  return ok(changeOf(row));
}

/** `member` is about to leave, or to have another role. */
function leavesNoOwner(conversation: StoredConversation, member: Member, leaves: boolean): boolean {
  if (conversation.head.kind === "direct" || member.role !== "owner") return false;
  if (leaves && conversation.head.memberCount === 1) return false;
  return !rowsOf(conversation).some(
    (row) => row.active && row.role === "owner" && row.member !== member.member,
  );
}

function rename(store: MemoryStore, conversation: StoredConversation | undefined, title: string) {
  if (!conversation) return refused("unknown_conversation" as const);
  if (conversation.head.title === title) return ok(null);
  const rev = takeRev(conversation);
  conversation.titleRev = rev;
  conversation.head = { ...conversation.head, title };
  store.announce({ kind: "changed", conversation: conversation.head.id, rev, seq: 0 as Seq });
  return ok({ kind: "conversation" as const, rev, title });
}

function channels(store: MemoryStore, words: string): Conversation[] {
  return [...store.conversations.values()]
    .map((conversation) => conversation.head)
    .filter((head) => head.kind === "channel" && head.title.toLowerCase().includes(words.toLowerCase()))
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
}

function announce(store: MemoryStore, conversation: StoredConversation, members: readonly Member[]): void {
  if (members.length === 0) return;
  const rows = members.map(({ user, conversation: id, member, rev, active }) => ({
    user,
    conversation: id,
    member,
    rev,
    active,
    joinedSeq: conversation.members[member - 1]!.joinedSeq,
  }));
  store.announce({ kind: "memberships", rows });
}

function changeOf({ rev, member, user, role, active }: Member): MemberChange {
  return { kind: "member", rev, member, user, role, active, displayName: "" };
}

function memberOf(conversation: StoredConversation | undefined, user: UserId): Member | null {
  const member = conversation?.memberByUser.get(user);
  return member === undefined ? null : conversation!.members[member - 1]!.row;
}

function rowsOf(conversation: StoredConversation | undefined): Member[] {
  return conversation?.members.map((stored) => stored.row) ?? [];
}
