// The feed as the wire's rules ask of a client: by number alone, whatever comes in whatever order.

import { expect, test } from "bun:test";
import { limits } from "#protocol/limits.ts";
import { maxima } from "#sdk/maxima.ts";
import { settled } from "./manual-clock.ts";
import { liveScene } from "./scripted-client.ts";
import { changes, head, room, said, summary, welcome } from "./scripted-server.ts";

const caughtUp = (id: number, rev: number, lastSeq: number, rows: readonly any[], reset = false) =>
  ({ kind: "caughtUp", id, conversation: room, rev, lastSeq, reset, changes: rows }) as const;

test("[W16] the next change is applied, one not above is ignored", async () => {
  const { server, texts } = await liveScene();
  server.socket.tell(changes(said(2, 1), said(3, 2)));
  server.socket.tell(changes(said(2, 1, "doubled")), changes(said(3, 2, "doubled"), said(4, 3)));
  await settled();
  expect(texts()).toEqual(["m1", "m2", "m3"]);
});

test("[W16] changes in any order are shown in theirs, and nothing is asked when the gap closes by itself", async () => {
  const orders = permutations([2, 3, 4, 5]);
  for (const order of orders) {
    const { server, clock, texts } = await liveScene();
    for (const rev of order) server.socket.tell(changes(said(rev, rev - 1)));
    await clock.pass(limits.gapGraceMs * 2);
    expect(texts()).toEqual(["m1", "m2", "m3", "m4"]);
    expect(server.socket.all("since")).toEqual([]);
  }
  expect(orders.length).toBe(24);
});

test("[W16] a gap that stays is asked for after the moment of grace, not before", async () => {
  const { server, clock, texts } = await liveScene();
  server.socket.tell(changes(said(2, 1)), changes(said(4, 3)));
  await clock.pass(limits.gapGraceMs - 1);
  expect(server.socket.all("since")).toEqual([]);
  await clock.pass(1);
  const since = server.socket.last("since");
  expect(since).toMatchObject({ conversation: room, rev: 2, seq: 1 });
  server.socket.tell(caughtUp(since.id, 4, 3, [said(3, 2), said(4, 3)]));
  await settled();
  expect(texts()).toEqual(["m1", "m2", "m3"]);
  await clock.pass(10_000);
  expect(server.socket.all("since").length).toBe(1);
});

test("[W18] rows are states: an edited message comes once, as it is now", async () => {
  const { server, clock, texts } = await liveScene();
  server.socket.tell(changes(said(2, 1, "first")), changes(said(6, 4)));
  await clock.pass(limits.gapGraceMs);
  const { id } = server.socket.last("since");
  server.socket.tell(
    caughtUp(id, 6, 4, [said(3, 2), said(5, 1, "edited", { editedAt: 9 }), said(4, 3), said(6, 4)]),
  );
  await settled();
  expect(texts()).toEqual(["edited", "m2", "m3", "m4"]);
});

test("[W19] a reset drops what is held, says so, and the newest page is read", async () => {
  const { server, clock, client, view, texts } = await liveScene();
  server.socket.tell(changes(said(2, 1)));
  await view.openAtHead();
  const told: string[] = [];
  client.on("resynced", (id) => told.push(id));
  server.answers.set(`GET /v1/conversations/${room}`, () => ({ ...summary(902, 900), cursors: [] }));
  server.answers.set(`GET /v1/conversations/${room}/messages`, () => ({
    rev: 902,
    lastSeq: 900,
    messages: [said(901, 899), said(902, 900)].map(({ kind: _, ...fields }) => fields),
    hasBefore: true,
    hasAfter: false,
  }));
  server.socket.tell(changes(said(902, 900)));
  await clock.pass(limits.gapGraceMs);
  server.socket.tell(caughtUp(server.socket.last("since").id, 902, 900, [], true));
  await clock.pass(1);
  expect(told).toEqual([room]);
  expect(texts()).toEqual(["m899", "m900"]);
  expect(view.hasBefore).toBe(true);
  server.socket.tell(changes(said(903, 901)));
  await settled();
  expect(texts()).toEqual(["m899", "m900", "m901"]);
});

test("[W20] [W21] a reaction is a step that counts once, whether a state read before or after includes it", async () => {
  const reaction = (rev: number, count: number, on = true) =>
    ({ kind: "reaction", rev, seq: 1, member: 2, emoji: "👍", on, count }) as const;
  const { server, clock, view } = await liveScene();
  server.socket.tell(changes(said(2, 1)), changes(reaction(3, 1)), changes(reaction(3, 1)));
  await settled();
  expect(view.messages[0]?.reactions).toEqual([{ emoji: "👍", count: 1, mine: false }]);
  // A gap; what fills it counts two already, and the step to two comes late.
  server.socket.tell(changes(said(5, 2)));
  await clock.pass(limits.gapGraceMs);
  const state = said(4, 1, "m1", { reactions: [{ emoji: "👍", count: 2, mine: false }] });
  server.socket.tell(caughtUp(server.socket.last("since").id, 5, 2, [state, said(5, 2)]));
  server.socket.tell(changes({ ...reaction(4, 2), member: 3 }), changes(reaction(6, 1, false)));
  await settled();
  expect(view.messages[0]?.reactions).toEqual([{ emoji: "👍", count: 1, mine: false }]);
});

test("[W21] an edit without the field keeps the reactions, and one's own taking back removes the emoji", async () => {
  const { server, view } = await liveScene();
  const reactions = [{ emoji: "🌳", count: 1, mine: true }];
  server.socket.tell(
    changes(said(2, 1, "m1", { reactions })),
    changes(said(3, 1, "edited", { editedAt: 5 })),
  );
  await settled();
  expect(view.messages[0]).toMatchObject({ text: "edited", reactions });
  server.socket.tell(
    changes({ kind: "reaction", rev: 4, seq: 1, member: 1, emoji: "🌳", on: false, count: 0 }),
  );
  await settled();
  expect(view.messages[0]?.reactions).toEqual([]);
});

test("[W21] a page that is ahead of the changes has their reactions already", async () => {
  const { server, view } = await liveScene({ rev: 2, lastSeq: 1 });
  const reactions = [{ emoji: "👍", count: 2, mine: true }];
  const { kind: _, ...row } = said(4, 1, "m1", { reactions });
  server.answers.set(`GET /v1/conversations/${room}/messages`, () => ({
    rev: 4,
    lastSeq: 1,
    messages: [row],
    hasBefore: false,
    hasAfter: false,
  }));
  await view.openAtHead();
  const step = { kind: "reaction", seq: 1, emoji: "👍", on: true } as const;
  server.socket.tell(changes({ ...step, rev: 3, member: 1, count: 1 }));
  await settled();
  expect(view.messages[0]?.reactions).toEqual(reactions);
  server.socket.tell(changes({ ...step, rev: 4, member: 2, count: 2 }));
  server.socket.tell(changes({ ...step, rev: 5, member: 1, on: false, count: 1 }));
  await settled();
  expect(view.messages[0]?.reactions).toEqual([{ emoji: "👍", count: 1, mine: false }]);
});

test("[W27] a head in a pong that stays ahead is asked for", async () => {
  const { server, clock, texts } = await liveScene();
  await clock.pass(limits.heartbeatMs);
  server.socket.last("ping");
  server.socket.tell({ kind: "pong", heads: [{ conversation: room, rev: 2 }] });
  await clock.pass(limits.gapGraceMs);
  const since = server.socket.last("since");
  expect(since).toMatchObject({ rev: 1, seq: 0 });
  server.socket.tell(caughtUp(since.id, 2, 1, [said(2, 1)]));
  await settled();
  expect(texts()).toEqual(["m1"]);
});

test("[W6] after a break, conversations that are ahead are asked for at once", async () => {
  const { server, clock, texts } = await liveScene();
  server.socket.tell(changes(said(2, 1)));
  server.socket.end();
  await clock.pass(maxima.retryBaseMs);
  const socket = server.greet(4, 3);
  const since = socket.last("since");
  expect(since).toMatchObject({ rev: 2, seq: 1 });
  socket.tell(caughtUp(since.id, 4, 3, [said(3, 2), said(4, 3)]));
  await settled();
  expect(texts()).toEqual(["m1", "m2", "m3"]);
});

test("[W28] a packed frame is read, in both codecs", async () => {
  for (const subprotocol of ["banyan.v1.json", "banyan.v1.msgpack"] as const) {
    const { server, texts } = await liveScene({}, { subprotocol });
    const { codecs } = await import("#protocol/codecs.ts");
    const inner = codecs[subprotocol].encodeServer(changes(said(2, 1, "packed ".repeat(300))));
    const deflated = Bun.deflateSync(typeof inner === "string" ? new TextEncoder().encode(inner) : inner, {
      windowBits: -15,
    });
    server.socket.tell({ kind: "packed", deflated });
    await settled();
    expect(texts()).toEqual(["packed ".repeat(300)]);
  }
});

test("[W23] unread is lastSeq - readSeq, and one's own message is read", async () => {
  const { server, client, view } = await liveScene({ rev: 1, lastSeq: 0 });
  const unread = () => client.conversations.item(room)?.unread;
  server.socket.tell(changes(said(2, 1), said(3, 2)));
  await settled();
  expect(unread()).toBe(2);
  server.socket.tell({ kind: "read", conversation: room, member: 1, seq: 1 });
  await settled();
  expect(unread()).toBe(1);
  server.socket.tell(changes(said(4, 3, "mine, from another device", { author: 1 })));
  await settled();
  expect(unread()).toBe(0);
  server.socket.tell(changes(said(5, 4)));
  view.markRead(4 as never);
  expect(unread()).toBe(0);
});

test("a page read before later changes is brought up to date before it can be trusted", async () => {
  const { server, view, texts } = await liveScene({ rev: 10, lastSeq: 2 });
  const fields = ({ kind: _, ...rest }: ReturnType<typeof said>) => rest;
  const page = {
    rev: 10,
    lastSeq: 2,
    messages: [said(5, 1), said(6, 2)].map(fields),
    hasBefore: false,
    hasAfter: false,
  };
  server.answers.set(`GET /v1/conversations/${room}/messages`, () => page);
  const opened = view.openAtHead();
  // The edit comes while the page is on its way, to a message that is not held yet.
  server.socket.tell(changes(said(11, 1, "edited", { editedAt: 7 })));
  await opened;
  await settled();
  const since = server.socket.last("since");
  expect(since).toMatchObject({ rev: 10, seq: 2 });
  server.socket.tell(caughtUp(since.id, 11, 2, [said(11, 1, "edited", { editedAt: 7 })]));
  await settled();
  expect(texts()).toEqual(["edited", "m2"]);
});

test.each([
  ["a server that gives the page with the rest", true, 1],
  ["an older one", false, 2],
])("a view opens in as few requests as the server allows: %s", async (_, givesPage, requests) => {
  const { server, client, view } = await liveScene({ rev: 3, lastSeq: 2 });
  view.close();
  const messages = [said(2, 1), said(3, 2)].map(({ kind: _, ...fields }) => fields);
  const page = { rev: 3, lastSeq: 2, messages, hasBefore: false, hasAfter: false };
  const cursors = [{ member: 2, seq: 1 }];
  const wishes: (string | null)[] = [];
  server.answers.set(`GET /v1/conversations/${room}`, ({ searchParams }) => {
    wishes.push(searchParams.get("messages"));
    return { ...summary(3, 2), cursors, ...(givesPage ? { page } : {}) };
  });
  server.answers.set(`GET /v1/conversations/${room}/messages`, () => page);
  server.requests.length = 0;
  const again = client.conversation(room);
  expect(await again.openAtHead()).toMatchObject({ ok: true });
  await settled();
  expect(again.messages.map(({ text }) => text)).toEqual(["m1", "m2"]);
  expect([...again.readCursors.values()] as number[]).toEqual([1]);
  expect(server.requests).toHaveLength(requests);
  expect(wishes).toEqual(["50"]);
});

test("a view that holds its page asks only for who has read how far", async () => {
  const { server, client, view } = await liveScene({ rev: 1 });
  server.socket.tell(changes(said(2, 1)));
  view.close();
  server.requests.length = 0;
  const again = client.conversation(room);
  expect(await again.openAtHead()).toMatchObject({ ok: true });
  await settled();
  expect(server.requests).toEqual([`GET /v1/conversations/${room}`]);
});

test("a server that went back behind what it told is followed", async () => {
  const { server, clock, client, texts } = await liveScene({ rev: 1 });
  server.socket.tell(changes(said(2, 1), said(3, 2)));
  await settled();
  let resynced = 0;
  client.on("resynced", () => resynced++);
  server.answers.set(`GET /v1/conversations/${room}`, () => ({ ...summary(2, 1), cursors: [] }));
  server.socket.end();
  await clock.pass(maxima.retryBaseMs);
  server.socket.open();
  server.socket.tell(welcome([head(2, 1)]));
  server.socket.tell(caughtUp(server.socket.last("since").id, 2, 1, []));
  server.socket.tell(changes(said(3, 2, "said after the restore")));
  await settled();
  expect(resynced).toBe(1);
  expect(texts().at(-1)).toBe("said after the restore");
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}
