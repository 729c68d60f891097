// The stores as they are, with what happens to accounts, sessions and conversations told to the telemetry. Here at
// the port, so that neither the services nor the adapters know that somebody counts.

import type { Stores } from "#app/compose.ts";
import type { Events } from "#app/telemetry/events.ts";
import type { Accounts } from "#ports/accounts.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";

export function observedStores(stores: Stores, observe: Events): Stores {
  return {
    ...stores,
    accounts: observedAccounts(stores.accounts, observe),
    conversationStore: observedConversations(stores.conversationStore, observe),
  };
}

function observedAccounts(accounts: Accounts, observe: Events): Accounts {
  return instead(accounts, {
    async create(account) {
      const answer = await accounts.create(account);
      if (answer.ok) observe.accountCreated({ user: account.user });
      return answer;
    },
    async openSession(session) {
      await accounts.openSession(session);
      observe.sessionOpened({ user: session.user, session: session.session });
    },
    async revoke(user, session) {
      const wasThere = await accounts.revoke(user, session);
      if (wasThere) observe.sessionRevoked({ user, session });
      return wasThere;
    },
    async revokeOthers(user, keep) {
      const revoked = await accounts.revokeOthers(user, keep);
      for (const session of revoked) observe.sessionRevoked({ user, session });
      return revoked;
    },
  });
}

function observedConversations(store: ConversationStore, observe: Events): ConversationStore {
  return instead(store, {
    async create(conversation) {
      const answer = await store.create(conversation);
      if (answer.created) observe.conversationCreated(conversation.kind, { conversation: conversation.id });
      return answer;
    },
  });
}

/** `target` with some methods exchanged; the others are its own. */
function instead<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(of, name) {
      const method = Reflect.get(methods, name) ?? Reflect.get(of, name);
      return typeof method === "function" ? method.bind(of) : method;
    },
  });
}
