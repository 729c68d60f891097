// One process on a memory store: its five store ports, and its crash. Several may be open at once.

import type { Accounts } from "#ports/accounts.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { DeadLetters } from "#ports/dead-letters.ts";
import type { Inbox } from "#ports/inbox.ts";
import type { MessageLog } from "#ports/message-log.ts";
import type { Outbox } from "#ports/outbox.ts";
import { Access, type AccessHooks } from "./access.ts";
import { openAccounts } from "./accounts.ts";
import { openConversationStore } from "./conversation-store.ts";
import { openDeadLetters } from "./dead-letters.ts";
import { openInbox } from "./inbox.ts";
import { openMessageLog } from "./message-log.ts";
import { openOutbox } from "./outbox.ts";
import type { MemoryStore } from "./store.ts";

export interface MemoryPorts {
  readonly messageLog: MessageLog;
  readonly conversationStore: ConversationStore;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly accounts: Accounts;
  readonly deadLetters: DeadLetters;
  /** See Access.crash: from now on no call is answered. */
  crash(commits?: (operation: string) => boolean): void;
}

export function openMemory(store: MemoryStore, hooks: AccessHooks = {}): MemoryPorts {
  const access = new Access(hooks);
  return {
    messageLog: openMessageLog(store, access),
    conversationStore: openConversationStore(store, access),
    inbox: openInbox(store, access),
    outbox: openOutbox(store, access),
    accounts: openAccounts(store, access),
    deadLetters: openDeadLetters(store, access),
    crash: (commits) => access.crash(commits),
  };
}
