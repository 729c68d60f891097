// What every store must keep. Plain functions that throw, so that the same contract runs in Bun and inside a page.

import { assert } from "#base/assert.ts";
import type { Store } from "#sdk/store.ts";

/** `reopen`: another store over the same keeping, as after a reload or in another tab. */
export type Contract = (store: Store, reopen: () => Store) => Promise<void>;

const entry = (name: string, order: number, more: object = {}) =>
  ({ name, conversation: "c1", text: `text of ${name}`, createdAt: 1, order, ...more }) as any;
const conversation = (id: string, rev: number) =>
  ({
    id,
    kind: "group",
    title: "T",
    role: "owner",
    member: 1,
    memberCount: 1,
    createdAt: 1,
    rev,
    seq: rev,
    readSeq: 0,
    messages: [],
    members: [],
  }) as any;
const account = { user: "u1", handle: "ana", displayName: "Ana", isOwner: true, createdAt: 1 } as any;

function equal(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(a === b, `expected ${b}, got ${a}`);
}

export const storeContract: Readonly<Record<string, Contract>> = {
  "a fresh store is nobody's and empty": async (store) => {
    equal(await store.load(), { owner: null, account: null, outbox: [], conversations: [] });
  },
  "what was put is there for the next one who opens it": async (store, reopen) => {
    await store.setOwner(account.user, account);
    await store.putOutbox(entry("a", 1));
    await store.putConversations([conversation("c1", 3), conversation("c2", 1)]);
    const loaded = await reopen().load();
    equal([loaded.owner, loaded.account], [account.user, account]);
    equal(loaded.outbox, [entry("a", 1)]);
    equal(loaded.conversations.map(({ id }) => id).sort(), ["c1", "c2"]);
  },
  "an entry is known by its name: put again it is replaced, removed it is gone, twice does no harm": async (
    store,
    reopen,
  ) => {
    await store.putOutbox(entry("a", 1));
    await store.putOutbox(entry("a", 1, { refusal: { code: "not_allowed", message: "no" } }));
    await store.putOutbox(entry("b", 2));
    equal(
      (await reopen().outbox()).map(({ name, refusal }) => [name, refusal?.code ?? ""]),
      [
        ["a", "not_allowed"],
        ["b", ""],
      ],
    );
    await store.removeOutbox("a" as any);
    await reopen().removeOutbox("a" as any);
    equal(
      (await store.outbox()).map(({ name }) => name),
      ["b"],
    );
  },
  "a conversation is replaced whole, and removed": async (store) => {
    await store.putConversations([conversation("c1", 3), conversation("c2", 1)]);
    await store.putConversations([conversation("c1", 4)]);
    await store.removeConversation("c2" as any);
    equal((await store.load()).conversations, [conversation("c1", 4)]);
  },
  "cleared, it is as fresh": async (store, reopen) => {
    await store.setOwner(account.user, null);
    await store.putOutbox(entry("a", 1));
    await store.putConversations([conversation("c1", 3)]);
    await store.clear();
    equal(await reopen().load(), { owner: null, account: null, outbox: [], conversations: [] });
  },
};
