// What the suites of the store's five ports need to be opened with, once for each adapter.

import type { Accounts } from "#ports/accounts.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { Inbox } from "#ports/inbox.ts";
import type { MessageLog, NewMessage } from "#ports/message-log.ts";
import type { Outbox } from "#ports/outbox.ts";

export interface StorePorts {
  readonly messageLog: MessageLog;
  readonly conversationStore: ConversationStore;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly accounts: Accounts;
}

export interface StoreUnderTest extends StorePorts {
  /** The same data as another process sees it: its own connections. */
  readonly other: StorePorts;
  /** Different emoji on one message, as the store was opened with. */
  readonly emojiPerMessageMax: number;
  /** A message log on the same data whose connection `sever` breaks, also under calls that are waiting. */
  readonly brittle: { readonly messageLog: MessageLog; sever(): void | Promise<void> };
  /**
   * Appends in a transaction that has taken its place in the outbox but is not committed; absent where commits
   * are single steps. Lets the suite show that a reader of the outbox does not pass over it.
   */
  readonly holdAppend?: (send: NewMessage) => Promise<{ commit(): Promise<void>; abort(): Promise<void> }>;
  /** An installation without any account, of its own. */
  emptyInstallation(): Promise<{ accounts: Accounts; other: Accounts; close(): Promise<void> }>;
  close(): Promise<void>;
}

export type OpenStore = () => Promise<StoreUnderTest>;
