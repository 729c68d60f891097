// The message log in memory, with the semantics of PostgreSQL's: rules P1 - P9.

import { assert } from "#base/assert.ts";
import { bucketOf, type ConversationId, type MemberNo, type Rev, type Seq } from "#base/ids.ts";
import { ok, refused } from "#base/result.ts";
import type { Change, Message } from "#core/messages/message.ts";
import type {
  Appended,
  CatchUp,
  Changed,
  ChangeRefusal,
  MessageLog,
  NewMessage,
  Page,
  PageFrom,
  Reacted,
  Recent,
} from "#ports/message-log.ts";
import type { Access } from "./access.ts";
import { type MemoryStore, nameKey, type StoredConversation, type StoredMessage, takeRev } from "./store.ts";

export function openMessageLog(store: MemoryStore, access: Access): MessageLog {
  const laneOf = (conversation: ConversationId) => bucketOf(conversation) % store.laneCount;
  const found = (id: ConversationId) => store.conversations.get(id);
  return {
    laneCount: store.laneCount,
    laneOf,
    async append(lane, sends) {
      assert(
        sends.every((send) => laneOf(send.conversation) === lane),
        "a group of messages belongs to one lane",
      );
      const group = [...sends];
      return access.run("messageLog.append", () => append(store, group));
    },
    edit: (id, seq, by, text, at) =>
      access.run("messageLog.edit", () => alter(store, found(id), seq, by, { text, editedAt: at })),
    remove: (id, seq, by, at) =>
      access.run("messageLog.remove", () => alter(store, found(id), seq, by, { text: "", deletedAt: at })),
    react: (id, seq, member, emoji, on) =>
      access.run("messageLog.react", () => react(store, found(id), seq, member, emoji, on)),
    since: (id, rev, seq, reader, rowsMax) =>
      access.run("messageLog.since", () => since(found(id), rev, seq, reader, rowsMax)),
    async newest(ids) {
      const asked = [...ids];
      return access.run("messageLog.newest", () =>
        asked.map((id) => found(id)?.messages.at(-1)?.row ?? null),
      );
    },
    page: (id, from, count, reader) =>
      access.run("messageLog.page", () => page(found(id), from, count, reader)),
    recent: (id, count, membersMax) =>
      access.run("messageLog.recent", () => recent(found(id), count, membersMax)),
  };
}

function append(store: MemoryStore, sends: readonly NewMessage[]): (Appended | "unknown_conversation")[] {
  const ranges = new Map<ConversationId, { conversation: ConversationId; fromSeq: Seq; toSeq: Seq }>();
  const answers = sends.map((send) => {
    const conversation = store.conversations.get(send.conversation);
    if (!conversation) return "unknown_conversation";
    const appended = appendOne(conversation, send);
    if (appended.isNew) {
      const fromSeq = ranges.get(send.conversation)?.fromSeq ?? appended.seq;
      ranges.set(send.conversation, { conversation: send.conversation, fromSeq, toSeq: appended.seq });
    }
    return appended;
  });
  if (ranges.size > 0) store.announce({ kind: "messages", ranges: [...ranges.values()] });
  return answers;
}

function appendOne(conversation: StoredConversation, send: NewMessage): Appended {
  const key = nameKey(send.author, send.name);
  const known = conversation.receiptByName.get(key);
  if (known) return { ...known, isNew: false };
  const rev = takeRev(conversation);
  const seq = (conversation.head.lastSeq + 1) as Seq;
  conversation.head = { ...conversation.head, lastSeq: seq };
  const { author, at, text, name, replyTo } = send;
  const row: Message = { rev, seq, author, at, text, name, ...(replyTo === undefined ? {} : { replyTo }) };
  conversation.messages.push({ row, reactions: new Map() });
  conversation.receiptByName.set(key, { rev, seq, at });
  return { rev, seq, at, isNew: true };
}

function alter(
  store: MemoryStore,
  conversation: StoredConversation | undefined,
  seq: Seq,
  by: MemberNo | null,
  wish: Pick<Message, "text" | "editedAt" | "deletedAt">,
): Changed {
  const stored = conversation?.messages[seq - 1];
  const refusal = refusalOf(stored) ?? (by !== null && stored?.row.author !== by ? "not_allowed" : null);
  if (refusal || !conversation || !stored) return refused(refusal ?? "unknown_message");
  const row: Message = { ...stored.row, ...wish, rev: takeRev(conversation) };
  conversation.messages[seq - 1] = { row, reactions: row.deletedAt ? new Map() : stored.reactions };
  store.announce({ kind: "changed", conversation: conversation.head.id, rev: row.rev, seq });
  return ok({ kind: "message", ...row });
}

function react(
  store: MemoryStore,
  conversation: StoredConversation | undefined,
  seq: Seq,
  member: MemberNo,
  emoji: string,
  on: boolean,
): Reacted {
  const stored = conversation?.messages[seq - 1];
  const refusal = refusalOf(stored);
  if (refusal || !conversation || !stored) return refused(refusal ?? "unknown_message");
  const before = stored.reactions.get(emoji) ?? new Set<MemberNo>();
  if (before.has(member) === on) return ok(null);
  if (on && before.size === 0 && stored.reactions.size >= store.emojiPerMessageMax)
    return refused("too_many");
  const members = new Set(before);
  if (on) members.add(member);
  else members.delete(member);
  const reactions = new Map(stored.reactions);
  if (members.size > 0) reactions.set(emoji, members);
  else reactions.delete(emoji);
  const rev = takeRev(conversation);
  conversation.messages[seq - 1] = { row: { ...stored.row, rev }, reactions };
  store.announce({ kind: "changed", conversation: conversation.head.id, rev, seq });
  return ok({ kind: "reaction", rev, seq, member, emoji, on, count: members.size });
}

function refusalOf(stored: StoredMessage | undefined): ChangeRefusal | null {
  if (!stored) return "unknown_message";
  return stored.row.deletedAt === undefined ? null : "message_deleted";
}

function since(
  conversation: StoredConversation | undefined,
  after: Rev,
  seq: Seq,
  reader: MemberNo,
  rowsMax: number,
): CatchUp | null {
  if (!conversation) return null;
  const { rev, lastSeq, title } = conversation.head;
  const changes: Change[] = [];
  for (const stored of conversation.messages)
    if (stored.row.rev > after || stored.row.seq > seq)
      changes.push({ kind: "message", ...readBy(stored, reader) });
  for (const { row } of conversation.members)
    if (row.rev > after)
      changes.push({
        kind: "member",
        rev: row.rev,
        member: row.member,
        user: row.user,
        role: row.role,
        active: row.active,
        displayName: "",
      });
  if (conversation.titleRev > after)
    changes.push({ kind: "conversation", rev: conversation.titleRev, title });
  if (changes.length > rowsMax) return { rev, lastSeq, reset: true, changes: [] };
  changes.sort((a, b) => a.rev - b.rev);
  return { rev, lastSeq, reset: false, changes };
}

function page(
  conversation: StoredConversation | undefined,
  from: PageFrom,
  count: number,
  reader: MemberNo,
): Page | null {
  if (!conversation) return null;
  const { rev, lastSeq } = conversation.head;
  const first = Math.max(1, firstOf(from, count, lastSeq));
  const end = endOf(from, first, count, lastSeq);
  const messages = conversation.messages.slice(first - 1, end).map((stored) => readBy(stored, reader));
  return { rev, lastSeq, messages, hasBefore: first > 1 && lastSeq > 0, hasAfter: end < lastSeq };
}

const reactorsMax = 200;

function recent(
  conversation: StoredConversation | undefined,
  count: number,
  membersMax: number,
): Recent | null {
  if (!conversation) return null;
  const { rev, lastSeq } = conversation.head;
  const first = Math.max(1, lastSeq - count + 1);
  const older = conversation.messages.slice(0, first - 1);
  const revs = [
    conversation.titleRev,
    ...[...older, ...conversation.members].map((stored) => stored.row.rev),
  ];
  return {
    rev,
    lastSeq,
    messages: conversation.messages.slice(first - 1).map(({ row, reactions }) => ({
      row,
      reactions:
        [...reactions.values()].reduce((sum, members) => sum + members.size, 0) > reactorsMax
          ? null
          : [...reactions].map(([emoji, members]) => ({ emoji, members: [...members] })),
    })),
    quietSince: Math.max(...revs) as Rev,
    conversation: conversation.head,
    members: conversation.members.length > membersMax ? null : conversation.members.map(({ row }) => row),
  };
}

function firstOf(from: PageFrom, count: number, lastSeq: Seq): number {
  if (from === "head") return lastSeq - count + 1;
  if ("before" in from) return Math.min(from.before, lastSeq + 1) - count;
  if ("after" in from) return from.after + 1;
  return from.around - Math.floor(count / 2);
}

/** The last seq of the page, or fewer than `first` where it is empty. */
function endOf(from: PageFrom, first: number, count: number, lastSeq: Seq): number {
  const end = Math.min(first + count - 1, lastSeq);
  return from !== "head" && "before" in from ? Math.min(end, from.before - 1) : end;
}

function readBy(stored: StoredMessage, reader: MemberNo): Message {
  const reactions = [...stored.reactions].map(([emoji, members]) => ({
    emoji,
    count: members.size,
    mine: members.has(reader),
  }));
  return { ...stored.row, reactions };
}
