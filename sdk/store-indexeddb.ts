// A store in the browser's IndexedDB, shared by the tabs of one origin. Opened on first use; when the browser
// refuses it (private mode), every call rejects and the client goes on without keeping.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { ConversationId, MessageName, UserId } from "#base/ids.ts";
import type { Account } from "./account-types.ts";
import type { OutboxEntry, Store, StoredConversation } from "./store.ts";

interface Schema extends DBSchema {
  owner: { key: "owner"; value: { user: UserId; account: Account | null } };
  outbox: { key: MessageName; value: OutboxEntry };
  conversations: { key: ConversationId; value: StoredConversation };
}

const version = 1;

export function createIndexedDbStore(name = "banyan"): Store {
  let opened: Promise<IDBPDatabase<Schema>> | null = null;
  const database = () => {
    opened ??= open(name, () => {
      opened = null;
    });
    return opened;
  };
  return {
    async load() {
      const transaction = (await database()).transaction(["owner", "outbox", "conversations"]);
      const [owner, outbox, conversations] = await Promise.all([
        transaction.objectStore("owner").get("owner"),
        transaction.objectStore("outbox").getAll(),
        transaction.objectStore("conversations").getAll(),
      ]);
      return { owner: owner?.user ?? null, account: owner?.account ?? null, outbox, conversations };
    },
    setOwner: async (user, account) =>
      void (await (await database()).put("owner", { user, account }, "owner")),
    putOutbox: async (entry) => void (await (await database()).put("outbox", entry)),
    removeOutbox: async (name) => (await database()).delete("outbox", name),
    outbox: async () => (await database()).getAll("outbox"),
    async putConversations(changed) {
      const transaction = (await database()).transaction("conversations", "readwrite");
      await Promise.all([...changed.map((one) => transaction.store.put(one)), transaction.done]);
    },
    removeConversation: async (id) => (await database()).delete("conversations", id),
    async clear() {
      const transaction = (await database()).transaction(["owner", "outbox", "conversations"], "readwrite");
      await Promise.all([
        transaction.objectStore("owner").clear(),
        transaction.objectStore("outbox").clear(),
        transaction.objectStore("conversations").clear(),
        transaction.done,
      ]);
    },
  };
}

function open(name: string, lost: () => void): Promise<IDBPDatabase<Schema>> {
  const opening = openDB<Schema>(name, version, {
    upgrade(database) {
      database.createObjectStore("owner");
      database.createObjectStore("outbox", { keyPath: "name" });
      database.createObjectStore("conversations", { keyPath: "id" });
    },
    // A newer version of the page, in another tab, must not wait for this one.
    blocking: (_current, _blocked, event) => {
      (event.target as IDBDatabase).close();
      lost();
    },
    terminated: lost,
  });
  opening.catch(lost);
  return opening;
}
