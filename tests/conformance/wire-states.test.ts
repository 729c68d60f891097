// Read cursors, typing, presence, heartbeat, catching up: what is told beside the log, against a real server.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { limits } from "#protocol/limits.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs } from "#tests/topology.ts";
import { converse, http, logIn, newName, type SignedUp, signUp, WireClient } from "./wire-client.ts";

/** 2.5 heartbeats of 2 s, half a one for the server's watch, and time for a busy machine. */
const silentWithinMs = 15_000;

let server: TestServer;
let people: SignedUp[];
let ada: WireClient;
let adaElsewhere: WireClient;
let bob: WireClient;

beforeAll(async () => {
  server = await startServer({
    args: [
      "--commands-per-second",
      "2000",
      "--commands-burst",
      "10000",
      "--hash-memory-kib",
      "1024",
      "--sign-ups-per-hour",
      "1000",
    ],
  });
  people = [];
  for (const handle of ["ada", "bob", "cleo"]) people.push(await signUp(server.url, handle));
  ada = await WireClient.join(server.url, people[0]!.token);
  adaElsewhere = await WireClient.join(server.url, (await logIn(server.url, "ada")).token, "banyan.v1.json");
  bob = await WireClient.join(server.url, people[1]!.token);
}, startWithinMs);
afterAll(() => server.stop(), startWithinMs);

async function group(): Promise<string> {
  const id = await converse(server.url, people[0]!, "group", [people[1]!]);
  for (const client of [ada, adaElsewhere, bob]) {
    await client.next("joined", ({ head }) => head.conversation === id);
  }
  return id;
}

const say = (client: WireClient, conversation: string, text: string) =>
  client.ack({ kind: "send", conversation, name: newName(), text });
const look = (client: WireClient, conversations: string[], users: string[] = []) =>
  client.send({ kind: "look", conversations, users });

test("[W22] a cursor only grows, reaches one's own sessions, and others only while they look", async () => {
  const id = await group();
  for (let i = 0; i < 4; i++) await say(bob, id, `${i}`);
  const from = bob.frames.length;
  ada.send({ kind: "read", conversation: id, seq: 2 });
  await adaElsewhere.next(
    "read",
    (frame) => frame.conversation === id && frame.member === 1 && frame.seq === 2,
  );
  await bob.pong();
  expect(bob.frames.slice(from).some(({ kind }) => kind === "read")).toBe(false);
  look(bob, [id]);
  await bob.pong();
  ada.send({ kind: "read", conversation: id, seq: 999 });
  await bob.next("read", (frame) => frame.conversation === id && frame.seq === 4);
  ada.send({ kind: "read", conversation: id, seq: 1 });
  await ada.pong();
  const again = await WireClient.join(server.url, people[0]!.token);
  expect(again.welcome.heads.find(({ conversation }) => conversation === id)!.readSeq).toBe(4);
  again.close();
});

test("[W22] [W24] in a large conversation cursors reach one's own sessions only, and nobody's typing is told", async () => {
  const id = await group();
  const many: SignedUp[] = [];
  for (let i = 0; i < limits.receiptsMembersMax - 1; i++)
    many.push(await signUp(server.url, `reader-${crypto.randomUUID().slice(0, 8)}`));
  const users = many.map(({ user }) => user);
  const added = await http(server.url, "POST", `/v1/conversations/${id}/members`, people[0]!.token, {
    users,
  });
  expect(added.status).toBeLessThan(300);
  await say(bob, id, "for everybody");
  look(bob, [id]);
  await bob.pong();
  const from = bob.frames.length;
  ada.send({ kind: "read", conversation: id, seq: 1 });
  ada.send({ kind: "typing", conversation: id });
  await adaElsewhere.next("read", (frame) => frame.conversation === id && frame.seq === 1);
  await ada.pong();
  await bob.pong();
  const told = bob.frames.slice(from).map(({ kind }) => kind);
  expect(told.filter((kind) => kind === "read" || kind === "typing")).toEqual([]);
}, 60_000);

test("[W23] unread is lastSeq - readSeq, and who sends has read", async () => {
  const id = await group();
  for (let i = 0; i < 3; i++) await say(bob, id, `${i}`);
  const unread = async (person: SignedUp) => {
    const { body } = await http(server.url, "GET", `/v1/conversations/${id}`, person.token);
    return body.lastSeq - body.me.readSeq;
  };
  expect(await unread(people[0]!)).toBe(3);
  expect(await unread(people[1]!)).toBe(0);
  await say(ada, id, "an answer");
  expect(await unread(people[0]!)).toBe(0);
  expect(await unread(people[1]!)).toBe(1);
});

test("[W24] typing is told to others who look, and to nobody else", async () => {
  const id = await group();
  look(bob, [id]);
  look(ada, [id]);
  await Promise.all([ada.pong(), bob.pong()]);
  const from = ada.frames.length;
  ada.send({ kind: "typing", conversation: id });
  await bob.next("typing", (frame) => frame.conversation === id && frame.member === 1);
  look(bob, []);
  await bob.pong();
  const fromBob = bob.frames.length;
  ada.send({ kind: "typing", conversation: id });
  await ada.pong();
  await bob.pong();
  expect(ada.frames.slice(from).some(({ kind }) => kind === "typing")).toBe(false);
  expect(bob.frames.slice(fromBob).some(({ kind }) => kind === "typing")).toBe(false);
});

test("[W25] presence answers a look, then tells changes, until the next look", async () => {
  const cleo = people[2]!;
  look(ada, [], [cleo.user, people[1]!.user]);
  const states = (await ada.next("presence")).users;
  expect(states.find(({ user }) => user === cleo.user)!.online).toBe(false);
  expect(states.find(({ user }) => user === people[1]!.user)!.online).toBe(true);
  const told = (online: boolean) =>
    ada.next(
      "presence",
      ({ users }) => users.some((it) => it.user === cleo.user && it.online === online),
      ada.frames.length,
    );
  const came = told(true);
  const client = await WireClient.join(server.url, cleo.token);
  await came;
  const went = told(false);
  client.close();
  await went;
  look(ada, []);
  await ada.pong();
  const from = ada.frames.length;
  const unseen = await WireClient.join(server.url, cleo.token);
  await unseen.pong();
  await ada.pong();
  expect(ada.frames.slice(from).some(({ kind }) => kind === "presence")).toBe(false);
  unseen.close();
});

test("[W26] every ping has its pong", async () => {
  const from = ada.frames.length;
  for (let i = 0; i < 10; i++) ada.send({ kind: "ping" });
  await ada.until(() => {
    const pongs = ada.frames.slice(from).filter(({ kind }) => kind === "pong");
    return pongs.length === 10 ? pongs : undefined;
  }, "ten pongs");
});

test(
  "[W26] welcome names the heartbeat that the server is configured with, and who is silent for 2.5 of them is ended",
  async () => {
    const hasty = await startServer({ args: ["--heartbeat-seconds", "2"] });
    try {
      const person = await signUp(hasty.url, "ida");
      const [silent, alive] = await Promise.all([
        WireClient.join(hasty.url, person.token),
        WireClient.join(hasty.url, person.token),
      ]);
      expect(silent.welcome.heartbeatMs).toBe(2_000);
      const beats = setInterval(() => alive.send({ kind: "ping" }), alive.welcome.heartbeatMs);
      const ended = await Promise.race([
        silent.closed(silentWithinMs),
        alive.closed(silentWithinMs).then(() => "the one who pings"),
      ]);
      clearInterval(beats);
      expect(ended).not.toBe("the one who pings");
      await alive.pong();
      alive.close();
    } finally {
      await hasty.stop();
    }
  },
  startWithinMs + silentWithinMs,
);

test("[W27] a pong tells what changed since the pong before, once", async () => {
  const id = await group();
  await bob.pong();
  const { rev } = await say(ada, id, "something new");
  expect((await bob.pong()).heads).toContainEqual({ conversation: id, rev });
  const heads = (await bob.pong()).heads ?? [];
  expect(heads.some(({ conversation }) => conversation === id)).toBe(false);
});

test("[W18] since brings each changed row once, in its present state, with the reader's reactions", async () => {
  const id = await group();
  for (let i = 1; i <= 5; i++) await say(ada, id, `no. ${i}`);
  const { rev: seen } = await say(ada, id, "no. 6");
  await ada.ack({ kind: "edit", conversation: id, seq: 2, text: "edited once" });
  await ada.ack({ kind: "edit", conversation: id, seq: 2, text: "edited twice" });
  await bob.ack({ kind: "react", conversation: id, seq: 3, emoji: "👍", on: true });
  await ada.ack({ kind: "delete", conversation: id, seq: 4 });
  const { rev } = await say(ada, id, "no. 7");
  const answer = await bob.ask({ kind: "since", conversation: id, rev: seen, seq: 6 });
  if (answer.kind !== "caughtUp") throw new Error(`not caughtUp but ${answer.kind}`);
  expect(answer).toMatchObject({ rev, lastSeq: 7, reset: false });
  const rows = answer.changes.flatMap((change) => (change.kind === "message" ? [change] : []));
  expect(rows.map(({ seq }) => seq)).toEqual([2, 3, 4, 7]);
  expect(rows[0]!.text).toBe("edited twice");
  expect(rows[1]!.reactions).toEqual([{ emoji: "👍", count: 1, mine: true }]);
  expect(rows[2]!.text).toBe("");
  const revs = answer.changes.map((change) => change.rev);
  expect(revs).toEqual([...revs].sort((a, b) => a - b));
  const level = await bob.ask({ kind: "since", conversation: id, rev, seq: 7 });
  expect(level).toMatchObject({ kind: "caughtUp", rev, changes: [], reset: false });
});

test("[W19] [W28] too far behind is a reset; large answers come packed in both codecs", async () => {
  const id = await group();
  const count = limits.catchUpRowsMax + 1;
  for (let i = 0; i < count; i += 50) {
    await Promise.all(
      Array.from({ length: Math.min(50, count - i) }, (_, j) => say(ada, id, `message ${i + j}`)),
    );
  }
  for (const client of [bob, adaElsewhere]) {
    const far = await client.ask({ kind: "since", conversation: id, rev: 0, seq: 0 });
    expect(far).toMatchObject({ kind: "caughtUp", reset: true, changes: [], lastSeq: count });
    const from = client.packedFrames;
    const near = await client.ask({ kind: "since", conversation: id, rev: count - 200, seq: count - 200 });
    if (near.kind !== "caughtUp") throw new Error(`not caughtUp but ${near.kind}`);
    expect(near.reset).toBe(false);
    expect(near.changes.length).toBeGreaterThanOrEqual(200);
    expect(client.packedFrames).toBe(from + 1);
  }
}, 30_000);
