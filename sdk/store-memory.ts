// A store that forgets when the process ends: for bots, tests, and pages that may keep nothing.

import type { ConversationId, MessageName, UserId } from "#base/ids.ts";
import type { Account } from "./account-types.ts";
import type { OutboxEntry, Store, StoredConversation } from "./store.ts";

export function createMemoryStore(): Store {
  let owner: UserId | null = null;
  let account: Account | null = null;
  const outbox = new Map<MessageName, OutboxEntry>();
  const conversations = new Map<ConversationId, StoredConversation>();
  return {
    load: async () => ({
      owner,
      account,
      outbox: [...outbox.values()],
      conversations: [...conversations.values()],
    }),
    async setOwner(newOwner, newAccount) {
      owner = newOwner;
      account = newAccount;
    },
    async putOutbox(entry) {
      outbox.set(entry.name, entry);
    },
    async removeOutbox(name) {
      outbox.delete(name);
    },
    outbox: async () => [...outbox.values()],
    async putConversations(changed) {
      for (const conversation of changed) conversations.set(conversation.id, conversation);
    },
    async removeConversation(id) {
      conversations.delete(id);
    },
    async clear() {
      owner = account = null;
      outbox.clear();
      conversations.clear();
    },
  };
}
