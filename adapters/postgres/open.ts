// The five store ports on one PostgreSQL, embedded or anywhere else; the schema is brought up to date first.

import { SQL } from "bun";
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
import type { ReadCounts } from "./replica-reads.ts";
import { endpointOf, type Target } from "./target.ts";

export interface PostgresOptions extends DatabaseOptions {
  /** Different emoji on one message. */
  readonly emojiPerMessageMax: number;
  /** Groups of messages that one process writes at once; 1 where it is left out. */
  readonly laneCount?: number;
}

export interface PostgresPorts {
  readonly messageLog: MessageLog;
  readonly conversationStore: ConversationStore;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly accounts: Accounts;
  readonly deadLetters: DeadLetters;
  readonly leases: Leases;
  /** How many reads replicas did, how many the primary in their place, and what that took. */
  readCounts(): ReadCounts;
  /** Rejects with StoreUnavailable while the database cannot be reached. */
  ping(): Promise<void>;
  /** Waits a moment for statements under way, then closes the connections. */
  close(): Promise<void>;
}

export async function openPostgres(options: PostgresOptions): Promise<PostgresPorts> {
  await bringUpToDate(options);
  const database = new Database(options);
  const hints = outboxHints();
  return {
    messageLog: openMessageLog(database, {
      emojiPerMessageMax: options.emojiPerMessageMax,
      ...(options.laneCount === undefined ? {} : { laneCount: options.laneCount }),
      announced: hints.announced,
    }),
    conversationStore: openConversationStore(database, hints.announced),
    inbox: openInbox(database),
    outbox: openOutbox(database, hints),
    accounts: openAccounts(database),
    deadLetters: openDeadLetters(database),
    leases: openLeases(database),
    readCounts: () => database.readCounts,
    async ping() {
      await database.read("ping", "select 1", []);
    },
    close: () => database.close(),
  };
}

/** On a connection without time limits: a change of the schema may take long. */
async function bringUpToDate(target: Target): Promise<void> {
  const sql = new SQL({ adapter: "postgres", ...endpointOf(target), max: 1, connectionTimeout: 5 } as never);
  try {
    await migrate(sql);
  } finally {
    await sql.close({ timeout: 0 });
  }
}
