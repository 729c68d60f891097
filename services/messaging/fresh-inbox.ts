// The inbox with the read cursors that wait for their write laid over it: who asks a moment after a `read` gets
// what was told, not what is written yet.

import type { Inbox } from "#ports/inbox.ts";
import type { ReadCursors } from "./read-cursors.ts";

export type FreshInbox = Pick<Inbox, "list" | "cursors">;

export function freshInbox(inbox: FreshInbox, waiting: ReadCursors): FreshInbox {
  return {
    async list(users) {
      const lists = await inbox.list(users);
      if (waiting.isEmpty) return lists;
      return lists.map((entries) =>
        entries.map((entry) => {
          const seq = waiting.newest(entry.user, entry.conversation);
          return seq !== undefined && seq > entry.readSeq ? { ...entry, readSeq: seq } : entry;
        }),
      );
    },
    async cursors(conversation, users) {
      const cursors = await inbox.cursors(conversation, users);
      if (waiting.isEmpty) return cursors;
      return cursors.map((cursor) => {
        const seq = waiting.newest(cursor.user, conversation);
        return seq !== undefined && seq > cursor.seq ? { ...cursor, seq } : cursor;
      });
    },
  };
}
