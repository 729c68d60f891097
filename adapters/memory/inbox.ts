// The inbox in memory, with the semantics of PostgreSQL's: rules P16 - P19.

import type { ConversationId, Seq, UserId } from "#base/ids.ts";
import type { Inbox, InboxEntry, MembershipRow, ReadCursor } from "#ports/inbox.ts";
import type { Access } from "./access.ts";
import type { MemoryStore, StoredMembership } from "./store.ts";

export function openInbox(store: MemoryStore, access: Access): Inbox {
  const membership = (user: UserId, conversation: ConversationId) =>
    store.memberships.get(user)?.get(conversation);
  return {
    list: (users) => access.run("inbox.list", () => users.map((user) => entriesOf(store, user))),
    cursors: (conversation, users) =>
      access.run("inbox.cursors", () =>
        users.flatMap((user) => {
          const stored = membership(user, conversation);
          return stored?.row.active ? [{ user, conversation, seq: stored.readSeq }] : [];
        }),
      ),
    async apply(rows) {
      const asked = [...rows];
      return access.run("inbox.apply", () => {
        const written = asked.filter((row) => applyOne(store, row, membership(row.user, row.conversation)));
        return written.filter((row) => membership(row.user, row.conversation)!.row === row);
      });
    },
    async readUpTo(cursors) {
      const asked = [...cursors];
      return access.run("inbox.readUpTo", () => {
        for (const cursor of asked) readOne(store, cursor, membership(cursor.user, cursor.conversation));
      });
    },
  };
}

function entriesOf(store: MemoryStore, user: UserId): InboxEntry[] {
  return [...(store.memberships.get(user)?.values() ?? [])]
    .filter(({ row }) => row.active)
    .map(({ row, readSeq }) => ({ user, conversation: row.conversation, member: row.member, readSeq }))
    .sort((a, b) => (a.conversation < b.conversation ? -1 : 1));
}

function applyOne(store: MemoryStore, row: MembershipRow, before: StoredMembership | undefined): boolean {
  if (before && before.row.rev >= row.rev) return false;
  const comes = row.active && !before?.row.active;
  const readSeq = Math.max(before?.readSeq ?? 0, comes ? row.joinedSeq : 0) as Seq;
  const ofUser = store.memberships.get(row.user) ?? new Map<ConversationId, StoredMembership>();
  ofUser.set(row.conversation, { row, readSeq });
  store.memberships.set(row.user, ofUser);
  return true;
}

function readOne(store: MemoryStore, cursor: ReadCursor, before: StoredMembership | undefined): void {
  if (!before || before.readSeq >= cursor.seq) return;
  store.memberships.get(cursor.user)!.set(cursor.conversation, { row: before.row, readSeq: cursor.seq });
}
