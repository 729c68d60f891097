// The library against a real process: two people, two codecs, everything that a page does.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { ConversationId, Seq } from "#base/ids.ts";
import type { Subprotocol } from "#protocol/frames.ts";
import { createClient } from "#sdk/client.ts";
import type { Client } from "#sdk/types.ts";
import { until } from "#tests/parts/until.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs } from "#tests/topology.ts";

setDefaultTimeout(30_000);

let server: TestServer;
let ana: Client;
let ben: Client;

async function signedUp(handle: string, subprotocol: Subprotocol): Promise<Client> {
  const client = createClient({ url: server.url, subprotocol, device: `${handle}'s test` });
  const entered = await client.account.signUp({
    handle,
    displayName: handle.toUpperCase(),
    password: "correct horse battery",
  });
  expect(entered).toMatchObject({ ok: true, value: { account: { handle } } });
  await client.start();
  await until(`${handle} is live`, () => client.state.kind === "live");
  return client;
}

beforeAll(async () => {
  server = await startServer({ args: ["--sign-up", "open"] });
  ana = await signedUp("ana", "banyan.v1.msgpack");
  ben = await signedUp("ben", "banyan.v1.json");
}, 2 * startWithinMs);

afterAll(async () => {
  await ana?.stop();
  await ben?.stop();
  await server?.stop();
});

async function direct(): Promise<ConversationId> {
  const created = await ana.conversations.create({ kind: "direct", users: [ben.me!.user] });
  if (!created.ok) throw new Error(created.refusal.message);
  await until("ben sees it", () => ben.conversations.item(created.value));
  return created.value;
}

test("two people talk: sent, shown to both, counted, read", async () => {
  const id = await direct();
  const hers = ana.conversation(id);
  const his = ben.conversation(id);
  expect(await hers.openAtHead()).toMatchObject({ ok: true });
  const named = await hers.send("hello ben");
  expect(hers.messages.map(({ text }) => text)).toEqual(["hello ben"]);
  if (!named.ok) throw new Error(named.refusal.message);
  expect(await hers.sent(named.value)).toMatchObject({ ok: true, value: { seq: 1 } });
  expect(hers.messages).toMatchObject([{ status: "sent", seq: 1, mine: true, key: named.value }]);
  await until("ben has it", () => his.messages[0]?.text === "hello ben");
  expect(ben.conversations.list).toMatchObject([{ id, title: "ANA", unread: 1, lastSeq: 1 }]);
  await until("ana looks", () => hers.item);
  his.markRead(1 as Seq);
  expect(ben.conversations.item(id)).toMatchObject({ unread: 0 });
  await until("ana sees that he read", () => [...hers.readCursors.values()].includes(1 as Seq));
  hers.close();
  his.close();
});

test("edit, delete, react and typing reach the other, once", async () => {
  const id = await direct();
  const hers = ana.conversation(id);
  const his = ben.conversation(id);
  await Promise.all([hers.openAtHead(), his.openAtHead()]);
  const named = await hers.send("first words");
  const receipt = named.ok ? await hers.sent(named.value) : named;
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  const { seq } = receipt.value;
  const at = (view: typeof his) => view.messages.find((message) => message.seq === seq);
  await until("ben has it", () => at(his));
  expect(await hers.edit(seq, "better words")).toMatchObject({ ok: true });
  await until("ben sees the edit", () => at(his)?.text === "better words" && at(his)?.editedAt);
  expect(await his.react(seq, "👍", true)).toMatchObject({ ok: true });
  await until("ana sees the reaction", () => at(hers)?.reactions[0]?.count === 1);
  await until("it is ben's", () => at(his)?.reactions[0]?.mine && !at(his)?.changing);
  expect(at(hers)?.reactions).toEqual([{ emoji: "👍", count: 1, mine: false }]);
  his.type();
  await until("ana sees typing", () => hers.typing.length === 1);
  await until("ana knows who", () => hers.member(hers.typing[0] ?? (2 as never))?.displayName === "BEN");
  expect(await hers.remove(seq)).toMatchObject({ ok: true });
  await until("ben sees the tombstone", () => at(his)?.deletedAt && at(his)?.text === "");
  expect(await hers.edit(seq, "again")).toMatchObject({ ok: false, refusal: { code: "message_deleted" } });
  hers.close();
  his.close();
});

test("a group: named, joined, listed, renamed, left", async () => {
  const made = await ana.conversations.create({ kind: "group", title: "Garden", users: [ben.me!.user] });
  if (!made.ok) throw new Error(made.refusal.message);
  const id = made.value;
  await until("ben is in", () => ben.conversations.item(id)?.title === "Garden");
  const members = await ben.conversations.members(id);
  expect(members).toMatchObject({
    ok: true,
    value: { members: [{ handle: "ana", role: "owner" }, { handle: "ben" }] },
  });
  expect(await ana.conversations.rename(id, "Orchard")).toMatchObject({ ok: true });
  await until("ben sees the title", () => ben.conversations.item(id)?.title === "Orchard");
  expect(await ben.conversations.leave(id)).toMatchObject({ ok: true });
  expect(ben.conversations.item(id)).toBeUndefined();
  await until("ana counts one", () => ana.conversations.item(id)?.memberCount === 1);
});

test("presence is told to who watches", async () => {
  const end = ana.presence.watch([ben.me!.user]);
  await until("ben is online", () => ana.presence.of(ben.me!.user)?.online);
  end();
});

test("history pages both ways around a number, and opens at unread", async () => {
  const made = await ana.conversations.create({ kind: "group", title: "Long", users: [ben.me!.user] });
  if (!made.ok) throw new Error(made.refusal.message);
  const hers = ana.conversation(made.value);
  for (let i = 1; i <= 130; i++) await hers.send(`m${i}`);
  await until("all are stored", () => hers.messages.filter(({ seq }) => seq).length === 130, 30_000);
  const late = createClient({ url: server.url });
  const entered = await late.account.logIn({ handle: "ben", password: "correct horse battery" });
  expect(entered.ok).toBe(true);
  await late.start();
  await until("live", () => late.conversations.item(made.value));
  const his = late.conversation(made.value);
  expect(await his.openAround(40 as Seq)).toMatchObject({ ok: true });
  const seqs = () => his.messages.map(({ seq }) => seq as number);
  expect(seqs()).toContain(40);
  expect(his.hasAfter && his.hasBefore).toBe(true);
  while (his.hasBefore) expect(await his.loadBefore()).toMatchObject({ ok: true });
  while (his.hasAfter) expect(await his.loadAfter()).toMatchObject({ ok: true });
  expect(seqs()).toEqual(Array.from({ length: 130 }, (_, i) => i + 1));
  await late.stop();
  hers.close();
}, 60_000);

test(
  "killed and restarted, the server finds its clients back and their messages stored once",
  async () => {
    const id = await direct();
    const hers = ana.conversation(id);
    const his = ben.conversation(id);
    await Promise.all([hers.openAtHead(), his.openAtHead()]);
    const before = hers.messages.length;
    await server.kill();
    await until("ana noticed", () => ana.state.kind !== "live");
    const named = await hers.send("said into the dark");
    await server.restart();
    ana.wake();
    ben.wake();
    if (!named.ok) throw new Error(named.refusal.message);
    expect(await hers.sent(named.value)).toMatchObject({ ok: true });
    await until("ben has it", () => his.messages.at(-1)?.text === "said into the dark", 40_000);
    expect(hers.messages.length).toBe(before + 1);
    expect(his.messages.filter(({ text }) => text === "said into the dark").length).toBe(1);
    hers.close();
    his.close();
  },
  2 * startWithinMs,
);

test("logging out ends the session, and a revoked one stops its client", async () => {
  const other = createClient({ url: server.url });
  const entered = await other.account.logIn({ handle: "ben", password: "correct horse battery" });
  if (!entered.ok) throw new Error(entered.refusal.message);
  await other.start();
  await until("live", () => other.state.kind === "live");
  expect(await ben.account.revoke(entered.value.session)).toMatchObject({ ok: true });
  await until("stopped", () => other.state.kind === "stopped" && other.state.reason === "not_authenticated");
});
