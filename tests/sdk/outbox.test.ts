// Messages on their way: named, kept, given again, shown once.

import { expect, test } from "bun:test";
import { limits } from "#protocol/limits.ts";
import { maxima } from "#sdk/maxima.ts";
import { createMemoryStore } from "#sdk/store-memory.ts";
import { settled } from "./manual-clock.ts";
import { liveScene, scene } from "./scripted-client.ts";
import { changes, head, me, room, said, welcome } from "./scripted-server.ts";

const ack = (id: number, rev: number, seq: number) => ({ kind: "ack", id, rev, seq, at: 50 }) as const;

test("a message is kept before it is shown, and shown before it is answered", async () => {
  const { server, store, view } = await liveScene();
  const named = await view.send("hello");
  expect(view.messages).toMatchObject([{ status: "sending", text: "hello", mine: true }]);
  const [kept] = await store.outbox();
  expect(named).toEqual({ ok: true, value: kept!.name });
  const send = server.socket.last("send");
  expect(send).toMatchObject({ conversation: room, name: kept!.name, text: "hello" });
  expect(send.again).toBeUndefined();
  server.socket.tell(ack(send.id, 2, 1));
  await settled();
  expect(view.messages).toMatchObject([{ status: "sent", seq: 1, at: 50, key: kept!.name }]);
  expect(await store.outbox()).toEqual([]);
});

test("[W9] [W10] a lost ack: after the reconnect the same name, said again, and one message", async () => {
  const { server, clock, view, texts } = await liveScene();
  await view.send("once");
  const first = server.socket.last("send");
  server.socket.end();
  await clock.pass(maxima.retryBaseMs);
  const socket = server.greet(2, 1);
  const second = socket.last("send");
  expect(second).toMatchObject({ name: first.name, text: "once", again: true });
  socket.tell(ack(second.id, 2, 1));
  const since = socket.last("since");
  const row = said(2, 1, "once", { author: 1, name: first.name });
  socket.tell({
    kind: "caughtUp",
    id: since.id,
    conversation: room,
    rev: 2,
    lastSeq: 1,
    reset: false,
    changes: [row],
  });
  await settled();
  expect(texts()).toEqual(["once"]);
  expect(view.messages[0]).toMatchObject({ status: "sent", seq: 1 });
});

test("an echo becomes the real message in every order of ack, change and catch-up", async () => {
  const steps = ["ack", "change", "caughtUp", "late change"] as const;
  const orders = permutations(steps);
  for (const order of orders) {
    const { server, clock, view } = await liveScene();
    const shownTwice: string[] = [];
    const gone: string[] = [];
    await view.send("mine");
    const send = server.socket.last("send");
    view.on("change", () => {
      const mine = view.messages.filter(({ name }) => name === send.name);
      if (mine.length > 1) shownTwice.push(order.join());
      if (mine.length < 1) gone.push(order.join());
    });
    // Somebody else's message stands before it, and is missing at first: a gap, so that there is a catch-up.
    const row = said(3, 2, "mine", { author: 1, name: send.name });
    server.socket.tell(changes(said(4, 3, "after")));
    await clock.pass(limits.gapGraceMs);
    const since = server.socket.last("since");
    for (const step of order) {
      if (step === "ack") server.socket.tell(ack(send.id, 3, 2));
      if (step === "change") server.socket.tell(changes(row));
      if (step === "late change") server.socket.tell(changes(said(2, 1, "before")));
      if (step === "caughtUp")
        server.socket.tell({
          kind: "caughtUp",
          id: since.id,
          conversation: room,
          rev: 4,
          lastSeq: 3,
          reset: false,
          changes: [said(2, 1, "before"), row, said(4, 3, "after")],
        });
      await settled();
    }
    expect({ order, shownTwice, gone }).toEqual({ order, shownTwice: [], gone: [] });
    const shown = view.messages.map(({ text, status, seq }) => [text, status, seq]);
    expect(shown).toEqual([
      ["before", "sent", 1 as never],
      ["mine", "sent", 2 as never],
      ["after", "sent", 3 as never],
    ]);
  }
  expect(orders.length).toBe(24);
});

test("an ack that comes after the message was edited elsewhere does not bring the old text back", async () => {
  const { server, clock, view, texts } = await liveScene();
  await view.send("old");
  const send = server.socket.last("send");
  server.socket.tell(changes(said(4, 2, "later")));
  await clock.pass(limits.gapGraceMs);
  const edited = said(3, 1, "new", { author: 1, name: send.name, editedAt: 9 });
  const { id } = server.socket.last("since");
  server.socket.tell({
    kind: "caughtUp",
    id,
    conversation: room,
    rev: 4,
    lastSeq: 2,
    reset: false,
    changes: [edited, said(4, 2, "later")],
  });
  server.socket.tell(ack(send.id, 2, 1));
  await settled();
  expect(texts()).toEqual(["new", "later"]);
});

test("order within a conversation holds through refusals and breaks", async () => {
  const { server, clock, view } = await liveScene();
  await Promise.all(["a", "b", "c"].map((text) => view.send(text)));
  expect(server.socket.all("send").map(({ text }) => text)).toEqual(["a"]);
  server.socket.tell({
    kind: "refused",
    code: "rate_limited",
    id: server.socket.last("send").id,
    retryAfterMs: 700,
  });
  await clock.pass(699);
  expect(server.socket.all("send").length).toBe(1);
  await clock.pass(1);
  expect(server.socket.last("send").text).toBe("a");
  server.socket.tell(ack(server.socket.last("send").id, 2, 1));
  await settled();
  expect(server.socket.last("send").text).toBe("b");
  server.socket.end();
  await clock.pass(maxima.retryBaseMs);
  const socket = server.greet(2, 1);
  expect(socket.last("send")).toMatchObject({ text: "b", again: true });
  socket.tell(ack(socket.last("send").id, 3, 2));
  socket.tell(ack(socket.last("send").id, 4, 3));
  await settled();
  expect(view.messages.map(({ text, seq }) => [text, seq])).toEqual([
    ["a", 1 as never],
    ["b", 2 as never],
    ["c", 3 as never],
  ]);
});

test("[W30] refusals that pass are tried again, with the hint or after backoff; the same name stays", async () => {
  for (const code of ["rate_limited", "overloaded", "unavailable", "draining"]) {
    for (const retryAfterMs of [undefined, 250]) {
      const { server, clock, view } = await liveScene();
      await view.send("patient");
      const first = server.socket.last("send");
      server.socket.tell({ kind: "refused", code, id: first.id, ...(retryAfterMs && { retryAfterMs }) });
      expect(view.messages[0]?.status).toBe("sending");
      await clock.pass(retryAfterMs ?? maxima.retryBaseMs);
      expect(server.socket.all("send").map(({ name }) => name)).toEqual([first.name, first.name]);
    }
  }
});

test("[W30] a final refusal marks the message failed and keeps it, to be retried or discarded", async () => {
  const { server, client, store, view } = await liveScene();
  const told: unknown[] = [];
  client.on("refused", (refused) => told.push(refused));
  const named = await view.send("not allowed");
  const other = await view.send("behind it");
  if (!named.ok || !other.ok) throw new Error("not named");
  const sent = view.sent(named.value);
  server.socket.tell({ kind: "refused", code: "not_allowed", id: server.socket.last("send").id });
  expect(await sent).toMatchObject({ ok: false, refusal: { code: "not_allowed" } });
  expect(told).toMatchObject([{ conversation: room, name: named.value, refusal: { code: "not_allowed" } }]);
  expect(view.messages[0]).toMatchObject({ status: "failed", refusal: { code: "not_allowed" } });
  expect((await store.outbox()).find(({ name }) => name === named.value)?.refusal?.code).toBe("not_allowed");
  expect(server.socket.last("send").text).toBe("behind it");
  server.socket.tell(ack(server.socket.last("send").id, 2, 1));
  view.retry(named.value);
  expect(server.socket.last("send")).toMatchObject({ name: named.value, again: true });
  server.socket.tell({ kind: "refused", code: "not_allowed", id: server.socket.last("send").id });
  view.discard(named.value);
  await settled();
  expect(view.messages.map(({ text }) => text)).toEqual(["behind it"]);
  expect(await store.outbox()).toEqual([]);
});

test("what cannot be sent is refused before it is named", async () => {
  const { server, view } = await liveScene();
  expect(await view.send(" \n ")).toMatchObject({ ok: false, refusal: { code: "empty_text" } });
  expect(await view.send("ä".repeat(limits.textBytesMax / 2 + 1))).toMatchObject({
    refusal: { code: "too_large" },
  });
  server.socket.end();
  const named = await Promise.all(
    Array.from({ length: maxima.outboxEntriesMax }, (_, i) => view.send(`m${i}`)),
  );
  expect(named.every(({ ok }) => ok)).toBe(true);
  expect(await view.send("one more")).toMatchObject({ ok: false, refusal: { code: "queue_full" } });
});

test("the outbox and what was seen survive a reload", async () => {
  const before = await liveScene();
  before.server.socket.tell(changes(said(2, 1, "seen")));
  await before.clock.pass(1000);
  before.server.socket.end();
  const named = await before.view.send("unsent");
  await before.client.stop();

  const after = await scene({ store: before.store }, 2);
  expect(after.client.conversations.list).toMatchObject([{ id: room, title: "Room", unread: 1 }]);
  expect(after.client.me).toMatchObject({ user: me, account: { handle: "ana" } });
  expect(after.texts()).toEqual(["seen", "unsent"]);
  const socket = after.server.greet(3, 2);
  await settled();
  expect(socket.last("since")).toMatchObject({ rev: 2, seq: 1 });
  if (!named.ok) throw new Error("not named");
  expect(socket.last("send")).toMatchObject({ name: named.value, text: "unsent", again: true });
  socket.tell(changes(said(3, 2, "missed")), ack(socket.last("send").id, 4, 3));
  await settled();
  expect(after.texts()).toEqual(["seen", "missed", "unsent"]);
});

test("two clients on one store neither lose nor double: the same name is the same message", async () => {
  const store = createMemoryStore();
  const first = await liveScene({}, { store });
  first.server.socket.end();
  await first.view.send("typed in the first tab");
  const second = await scene({ store }, 7);
  const name = (await store.outbox())[0]!.name;
  second.server.greet(1, 0);
  await settled();
  const there = second.server.socket.last("send");
  expect(there.name).toBe(name);
  second.server.socket.tell(ack(there.id, 2, 1));
  await settled();
  expect(await store.outbox()).toEqual([]);
  // The first tab comes back later: it sends the name again, and the message comes by catching up before the answer.
  await first.clock.pass(maxima.retryBaseMs);
  const socket = first.server.greet(2, 1);
  expect(socket.last("send").name).toBe(name);
  const row = said(2, 1, "typed in the first tab", { author: 1, name });
  socket.tell(changes(row), ack(socket.last("send").id, 2, 1));
  await settled();
  for (const { view } of [first, second])
    expect(view.messages.map(({ text, status }) => [text, status])).toEqual([
      ["typed in the first tab", "sent"],
    ]);
});

test("nothing of one person is shown to or sent by another with the same store", async () => {
  const before = await liveScene();
  before.server.socket.end();
  await before.view.send("ana's secret");
  await before.client.stop();
  const after = await scene({ store: before.store }, 3);
  after.server.socket.open();
  after.server.socket.tell(welcome([], "0190c5a8-0000-7000-8000-000000000002"));
  await settled();
  expect(after.server.socket.all("send")).toEqual([]);
  expect(after.texts()).toEqual([]);
  expect(await before.store.outbox()).toEqual([]);
});

test("a store that fails is told once, and messages go all the same", async () => {
  const broken = { ...createMemoryStore(), putOutbox: () => Promise.reject(new Error("full")) };
  const made = await scene({ store: broken });
  const told: unknown[] = [];
  made.client.on("storageFailed", (failure) => told.push(failure));
  made.server.greet();
  await made.view.send("a");
  await made.view.send("b");
  expect(told.length).toBe(1);
  expect(made.server.socket.last("send").text).toBe("a");
});

test("edits, deletes and reactions show at once, are given again after a break, and fall back when refused", async () => {
  const { server, clock, view } = await liveScene();
  server.socket.tell(changes(said(2, 1, "mine", { author: 1 }), said(3, 2, "theirs")));
  await settled();
  const edited = view.edit(1 as never, "better");
  const reacted = view.react(2 as never, "👍", true);
  const removed = view.remove(2 as never);
  await settled();
  expect(view.messages).toMatchObject([
    { text: "better", changing: true },
    { text: "", changing: true },
  ]);
  server.socket.end();
  await clock.pass(maxima.retryBaseMs);
  const socket = server.greet(3, 2);
  socket.tell(ack(socket.last("edit").id, 4, 1), ack(socket.last("react").id, 5, 2));
  await settled();
  socket.tell({ kind: "refused", code: "not_allowed", id: socket.last("delete").id });
  expect(await edited).toMatchObject({ ok: true, value: { rev: 4 } });
  expect(await reacted).toMatchObject({ ok: true });
  expect(await removed).toMatchObject({ ok: false, refusal: { code: "not_allowed" } });
  // Acknowledged, but the changes are still on their way: shown as wished, and not twice when they come.
  expect(view.messages).toMatchObject([{ text: "better" }, { text: "theirs", reactions: [{ count: 1 }] }]);
  socket.tell(changes(said(4, 1, "better", { author: 1, editedAt: 60 })));
  socket.tell(changes({ kind: "reaction", rev: 5, seq: 2, member: 1, emoji: "👍", on: true, count: 1 }));
  await settled();
  expect(view.messages).toMatchObject([
    { text: "better", changing: false, editedAt: 60 },
    { text: "theirs", changing: false, reactions: [{ emoji: "👍", count: 1, mine: true }] },
  ]);
});

test("[W22] a read cursor told to a dying connection is told again on the next", async () => {
  const { server, clock, view } = await liveScene({ rev: 3, lastSeq: 2 });
  view.markRead(2 as never);
  await clock.pass(maxima.readEveryMs);
  expect(server.socket.last("read")).toMatchObject({ conversation: room, seq: 2 });
  server.socket.end();
  await clock.pass(maxima.retryBaseMs);
  const { socket } = server;
  socket.open();
  socket.tell(welcome([head(3, 2, 0)]));
  await clock.pass(1);
  expect(socket.last("read")).toMatchObject({ seq: 2 });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}
