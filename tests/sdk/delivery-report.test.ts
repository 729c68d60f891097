// What a client reports of what it has shown, when a server asks: the numbers, not more often than asked, and nothing
// at all to a server that does not ask.

import { expect, test } from "bun:test";
import { limits } from "#protocol/limits.ts";
import { settled } from "./manual-clock.ts";
import { liveScene, type Scene, scene } from "./scripted-client.ts";
import { changes, head, room, type ScriptedSocket, said, welcome } from "./scripted-server.ts";

const everyMs = 60_000;

async function audited(lastSeq = 0, rev = 1): Promise<Scene & { socket: ScriptedSocket }> {
  const made = await scene();
  const { socket } = made.server;
  socket.open();
  socket.tell({ ...welcome([head(rev, lastSeq)]), auditEveryMs: everyMs } as never);
  await settled();
  return { ...made, socket };
}

/** A whole period, with the pongs of a server that has nothing else to say. */
async function period({ clock, socket }: Scene & { socket: ScriptedSocket }): Promise<void> {
  for (let passed = 0; passed < everyMs; passed += limits.heartbeatMs) {
    await clock.pass(limits.heartbeatMs);
    socket.tell({ kind: "pong" });
  }
}

test("[W37] a server that does not ask gets no report, also at the end", async () => {
  const { server, clock, client } = await liveScene();
  server.socket.tell(changes(said(2, 1)));
  for (let i = 0; i < 5; i++) {
    await clock.pass(limits.heartbeatMs);
    server.socket.tell({ kind: "pong" });
  }
  await client.stop();
  expect(server.socket.all("audit")).toEqual([]);
});

test("[W37] hello offers or declines only what the application said", async () => {
  const hellos = [undefined, true, false].map(async (audit) => {
    const { server } = await scene(audit === undefined ? {} : { audit });
    server.socket.open();
    return server.socket.last("hello").audit;
  });
  expect(await Promise.all(hellos)).toEqual([undefined, true, false]);
});

test("[W38] the first report names every conversation, later ones tell what came, once", async () => {
  const made = await audited(7, 9);
  const { socket } = made;
  await period(made);
  expect(socket.last("audit").shown).toEqual([{ conversation: room, after: 7, ranges: [] }]);
  socket.tell(changes(said(10, 8), said(11, 9)));
  socket.tell(changes(said(10, 8)));
  await period(made);
  expect(socket.last("audit")).toMatchObject({
    shown: [{ conversation: room, after: 7, ranges: [{ from: 8, to: 9 }] }],
    ignored: 1,
    doubled: 0,
  });
  await period(made);
  expect(socket.last("audit").shown).toEqual([]);
  socket.tell(changes(said(12, 10)));
  await made.client.stop();
  expect(socket.last("audit").shown).toEqual([
    { conversation: room, after: 9, ranges: [{ from: 10, to: 10 }] },
  ]);
  expect(socket.all("audit")).toHaveLength(4);
});

test("[W38] a hole that no answer fills is told until it heals, also on the next connection", async () => {
  const made = await audited();
  const { socket, clock, server } = made;
  const hole = { conversation: room, after: 1, ranges: [{ from: 3, to: 3 }] };
  // The place of message 2 in the revs is taken by another change: the client believes to be level.
  socket.tell(changes(said(2, 1), { kind: "conversation", rev: 3, title: "x" }, said(4, 3)));
  const { id } = socket.last("since");
  const level = { rev: 4, lastSeq: 3, reset: false, changes: [said(4, 3)] };
  socket.tell({ kind: "caughtUp", id, conversation: room, ...level });
  await period(made);
  expect(socket.last("audit").shown).toEqual([
    { conversation: room, after: 0, ranges: [{ from: 1, to: 1 }, hole.ranges[0]!] },
  ]);
  socket.end();
  await clock.pass(5_000);
  const next = server.socket;
  next.open();
  next.tell({ ...welcome([head(4, 3)]), auditEveryMs: everyMs } as never);
  await period({ ...made, socket: next });
  expect(next.last("audit").shown).toEqual([hole]);
  next.tell(changes(said(5, 4)));
  await period({ ...made, socket: next });
  expect(next.last("audit").shown).toEqual([{ ...hole, ranges: [{ from: 3, to: 4 }] }]);
});

test("[W38] while something is asked for a report waits, twice at most; what healed is told with its time", async () => {
  const made = await audited();
  const { socket, clock } = made;
  const pong = async () => {
    await clock.pass(10);
    socket.tell({ kind: "pong" });
  };
  await clock.pass(limits.heartbeatMs);
  await pong();
  await clock.pass(everyMs - limits.heartbeatMs - 100);
  socket.tell(changes(said(3, 2)));
  await clock.pass(100);
  await pong();
  await pong();
  expect(socket.all("audit")).toHaveLength(0);
  await pong();
  expect(socket.last("audit").shown).toEqual([{ conversation: room, after: 0, ranges: [] }]);
  await clock.pass(limits.gapGraceMs);
  const { id } = socket.last("since");
  const level = { rev: 3, lastSeq: 2, reset: false, changes: [said(2, 1), said(3, 2)] };
  socket.tell({ kind: "caughtUp", id, conversation: room, ...level });
  await period(made);
  const { shown, healedMs } = socket.last("audit");
  expect(shown).toEqual([{ conversation: room, after: 0, ranges: [{ from: 1, to: 2 }] }]);
  expect(healedMs).toHaveLength(1);
  expect(healedMs[0]).toBeWithin(limits.gapGraceMs, 2 * limits.gapGraceMs);
});

test("[W19] [W38] after a reset nothing that was left out is claimed, and nothing is missing", async () => {
  const made = await audited();
  const { socket, clock } = made;
  socket.tell(changes(said(2, 1), said(900, 800)));
  await clock.pass(limits.gapGraceMs);
  const { id } = socket.last("since");
  const level = { rev: 900, lastSeq: 800, reset: true, changes: [] };
  socket.tell({ kind: "caughtUp", id, conversation: room, ...level }, changes(said(901, 801)));
  await period(made);
  expect(socket.last("audit").shown).toEqual([
    { conversation: room, after: 800, ranges: [{ from: 801, to: 801 }] },
  ]);
});
