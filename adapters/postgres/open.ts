// The five store ports on one PostgreSQL, embedded or anywhere else; the schema is brought up to date first.

import type { Accounts } from "#ports/accounts.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { DeadLetters } from "#ports/dead-letters.ts";
import type { Inbox } from "#ports/inbox.ts";
import type { Leases } from "#ports/leases.ts";
import type { MessageLog } from "#ports/message-log.ts";
import type { Outbox } from "#ports/outbox.ts";
import { openAccounts } from "./accounts.ts";
import { openConversationStore } from "./conversation-store.ts";
import { Database, type DatabaseOptions } from "./database.ts";
import { openDeadLetters } from "./dead-letters.ts";
import { openInbox } from "./inbox.ts";
import { openLeases } from "./leases.ts";
import { openMessageLog } from "./message-log.ts";
import { migrate } from "./migrations/migrate.ts";
import { openOutbox, outboxHints } from "./outbox.ts";

export interface PostgresOptions extends DatabaseOptions {
  /** Different emoji on one message. */
  readonly emojiPerMessageMax: number;
}

export interface PostgresPorts {
  readonly messageLog: MessageLog;
  readonly conversationStore: ConversationStore;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly accounts: Accounts;
  readonly deadLetters: DeadLetters;
  readonly leases: Leases;
  /** Rejects with StoreUnavailable while the database cannot be reached. */
  ping(): Promise<void>;
  /** Waits a moment for statements under way, then closes the connections. */
  close(): Promise<void>;
}

export async function openPostgres(options: PostgresOptions): Promise<PostgresPorts> {
  const database = new Database(options);
  try {
    await migrate(database.sql);
  } catch (error) {
    await database.close();
    throw error;
  }
  const hints = outboxHints();
  return {
    messageLog: openMessageLog(database, {
      emojiPerMessageMax: options.emojiPerMessageMax,
      announced: hints.announced,
    }),
    conversationStore: openConversationStore(database, hints.announced),
    inbox: openInbox(database),
    outbox: openOutbox(database, hints),
    accounts: openAccounts(database),
    deadLetters: openDeadLetters(database),
    leases: openLeases(database),
    async ping() {
      await database.read("ping", "select 1", []);
    },
    close: () => database.close(),
  };
}
