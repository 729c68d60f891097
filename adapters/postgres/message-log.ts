// The message log on PostgreSQL: rules P1 - P9. One statement a group, one a change, one a read.

import type { MessageLog } from "#ports/message-log.ts";
import { appender } from "./append-group.ts";
import type { Database } from "./database.ts";
import { lanesOf } from "./lanes.ts";
import { edit, react, remove } from "./message-changes.ts";
import { newest, page, since } from "./message-reads.ts";
import { recent } from "./recent-messages.ts";

export interface MessageLogOptions {
  /** Different emoji on one message. */
  readonly emojiPerMessageMax: number;
  /** Groups that one process writes at once; 1 where it is left out. */
  readonly laneCount?: number;
  /** Called after a commit that wrote to the outbox. */
  readonly announced: () => void;
}

export function openMessageLog(database: Database, options: MessageLogOptions): MessageLog {
  const { announced } = options;
  const lanes = lanesOf(options.laneCount ?? 1);
  const append = appender(database, lanes, announced);
  return {
    ...lanes,
    append,
    edit: (conversation, seq, by, text, at) => edit(database, announced, conversation, seq, by, text, at),
    remove: (conversation, seq, by, at) => remove(database, announced, conversation, seq, by, at),
    react: (conversation, seq, member, emoji, on, at) =>
      react(database, options, { conversation, seq, member, emoji, on, at }),
    since: (conversation, rev, seq, reader, rowsMax) =>
      since(database, conversation, rev, seq, reader, rowsMax),
    newest: (conversations) => newest(database, conversations),
    page: (conversation, from, count, reader) => page(database, conversation, from, count, reader),
    recent: (conversation, count, membersMax) => recent(database, conversation, count, membersMax),
  };
}
