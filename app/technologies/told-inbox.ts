// The inbox with the read cursors laid over it that messaging processes were told and have not written yet: who asks
// a moment after a `read` gets what was told, from whichever process it is asked.

import type { ConversationId, Seq, UserId } from "#base/ids.ts";
import type { Inbox, ReadCursor } from "#ports/inbox.ts";
import type { Messaging } from "#ports/messaging.ts";

export function toldInbox(
  inbox: Pick<Inbox, "list" | "cursors">,
  messaging: Pick<Messaging, "waitingCursors">,
): Pick<Inbox, "list" | "cursors"> {
  /** Asked before or beside the store: what is written meanwhile is still told by who wrote it. */
  async function newest(users: readonly UserId[]): Promise<(it: Place) => Seq> {
    const told = new Map<string, Seq>();
    for (const cursor of await messaging.waitingCursors(users)) {
      const key = cursor.user + cursor.conversation;
      told.set(key, Math.max(cursor.seq, told.get(key) ?? 0) as Seq);
    }
    return ({ user, conversation }) => told.get(user + conversation) ?? (0 as Seq);
  }
  return {
    async list(users) {
      const [lists, told] = await Promise.all([inbox.list(users), newest(users)]);
      return lists.map((entries) =>
        entries.map((entry) => (told(entry) > entry.readSeq ? { ...entry, readSeq: told(entry) } : entry)),
      );
    },
    async cursors(conversation, users) {
      const [cursors, told] = await Promise.all([inbox.cursors(conversation, users), newest(users)]);
      return cursors.map((cursor: ReadCursor) =>
        told(cursor) > cursor.seq ? { ...cursor, seq: told(cursor) } : cursor,
      );
    },
  };
}

interface Place {
  readonly user: UserId;
  readonly conversation: ConversationId;
}
