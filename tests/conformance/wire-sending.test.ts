// Send, edit, delete and react, their answers and what the others are told, against a real server.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { limits } from "#protocol/limits.ts";
import { refusalCodes } from "#protocol/refusals.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs } from "#tests/topology.ts";
import { converse, http, newName, type SignedUp, signUp, WireClient } from "./wire-client.ts";

let server: TestServer;
let people: SignedUp[];
let ada: WireClient;
let bob: WireClient;
let eve: WireClient;

beforeAll(async () => {
  server = await startServer({ args: ["--commands-per-second", "1000", "--commands-burst", "5000"] });
  people = [];
  for (const handle of ["ada", "bob", "eve"]) people.push(await signUp(server.url, handle));
  ada = await WireClient.join(server.url, people[0]!.token);
  bob = await WireClient.join(server.url, people[1]!.token, "banyan.v1.json");
  eve = await WireClient.join(server.url, people[2]!.token);
}, startWithinMs);
afterAll(() => server.stop(), startWithinMs);

/** A conversation of ada (owner, number 1) and bob (number 2), which both have been told of. */
async function group(): Promise<string> {
  const id = await converse(server.url, people[0]!, "group", [people[1]!]);
  for (const client of [ada, bob]) await client.next("joined", ({ head }) => head.conversation === id);
  return id;
}

const say = (conversation: string, text: string, name = newName()) =>
  ({ kind: "send", conversation, name, text }) as const;

function changeIn(client: WireClient, conversation: string, fits: (change: any) => boolean): Promise<any> {
  const find = () =>
    client.frames
      .flatMap((frame) =>
        frame.kind === "changes" && frame.conversation === conversation ? frame.changes : [],
      )
      .find(fits);
  return client.until(find, "a change");
}

test("[W9] the same name again gets the same answer and is one message", async () => {
  const id = await group();
  const name = newName();
  const first = await ada.ack(say(id, "once", name));
  const second = await ada.ack({ ...say(id, "once", name), again: true });
  const elsewhere = await WireClient.join(server.url, people[0]!.token, "banyan.v1.json");
  const third = await elsewhere.ack({ ...say(id, "once", name), again: true });
  for (const answer of [second, third]) {
    expect([answer.rev, answer.seq, answer.at]).toEqual([first.rev, first.seq, first.at]);
  }
  const page = await http(server.url, "GET", `/v1/conversations/${id}/messages`, people[1]!.token);
  expect(page.body.messages.map((message: any) => message.text)).toEqual(["once"]);
  const others = await bob.ack(say(id, "another's same name", name));
  expect(others.seq).toBe(2);
  elsewhere.close();
});

test("[W10] without `again` the second is no second message either, also when both come at once", async () => {
  const id = await group();
  const name = newName();
  const answers = await Promise.all([1, 2, 3, 4].map(() => ada.ack(say(id, "at once", name))));
  expect(new Set(answers.map(({ rev, seq, at }) => `${rev} ${seq} ${at}`)).size).toBe(1);
  expect((await ada.ack(say(id, "next"))).seq).toBe(answers[0]!.seq + 1);
});

test("[W11] an ack is the receipt: the message is stored under its numbers, for everybody", async () => {
  const id = await group();
  const name = newName();
  const { rev, seq, at } = await ada.ack(say(id, "stored", name));
  const expected = { rev, seq, at, author: 1, text: "stored", name };
  expect(await changeIn(bob, id, (change) => change.seq === seq)).toMatchObject(expected);
  const page = await http(server.url, "GET", `/v1/conversations/${id}/messages`, people[1]!.token);
  expect(page.body.messages[0]).toMatchObject(expected);
});

test("[W12] its author edits and deletes; owners and admins delete anyone's; a tombstone stays", async () => {
  const id = await group();
  const { seq } = await bob.ack(say(id, "first"));
  expect(await ada.refusal({ kind: "edit", conversation: id, seq, text: "not mine" })).toBe("not_allowed");
  const edit = await bob.ack({ kind: "edit", conversation: id, seq, text: "second" });
  expect(await changeIn(ada, id, (change) => change.rev === edit.rev)).toMatchObject({ seq, text: "second" });
  const own = await changeIn(bob, id, (change) => change.rev === edit.rev);
  expect(own.editedAt).toBeGreaterThan(0);
  const removal = await ada.ack({ kind: "delete", conversation: id, seq });
  const tombstone = await changeIn(bob, id, (change) => change.rev === removal.rev);
  expect(tombstone).toMatchObject({ seq, text: "" });
  expect(tombstone.deletedAt).toBeGreaterThan(0);
  expect(await bob.refusal({ kind: "edit", conversation: id, seq, text: "x" })).toBe("message_deleted");
  expect(await bob.refusal({ kind: "delete", conversation: id, seq })).toBe("message_deleted");
  expect(await bob.refusal({ kind: "delete", conversation: id, seq: 99 })).toBe("unknown_message");
  const adas = await ada.ack(say(id, "of the owner"));
  expect(await bob.refusal({ kind: "delete", conversation: id, seq: adas.seq })).toBe("not_allowed");
});

test("[W13] what is sent in an order takes effect in it", async () => {
  const id = await group();
  const count = 50;
  const sends = Array.from({ length: count }, (_, i) => ada.ack(say(id, `no. ${i}`)));
  const acks = await Promise.all(sends);
  expect(acks.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  const seq = count + 1;
  const mixed = await Promise.all([
    ada.ack(say(id, "a")),
    ada.ack({ kind: "edit", conversation: id, seq, text: "b" }),
    ada.ack({ kind: "react", conversation: id, seq, emoji: "👍", on: true }),
    ada.ack({ kind: "delete", conversation: id, seq }),
    ada.ack(say(id, "after")),
  ]);
  const revs = mixed.map(({ rev }) => rev);
  expect(revs).toEqual([...revs].sort((a, b) => a - b));
  expect(new Set(revs).size).toBe(revs.length);
});

test(
  "[W14] too much at once is refused with a time to wait, and nothing of it is written",
  async () => {
    const slow = await startServer({ args: ["--commands-per-second", "1", "--commands-burst", "10"] });
    const cleo = await signUp(slow.url, "cleo");
    const id = await converse(slow.url, cleo, "group", []);
    const client = await WireClient.join(slow.url, cleo.token);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => client.ask(say(id, `${i}`))));
    const refusals = answers.filter((answer) => answer.kind === "refused");
    expect(refusals.length).toBeGreaterThan(20);
    for (const refusal of refusals) {
      expect(refusal.code).toBe("rate_limited");
      expect(refusal.retryAfterMs).toBeGreaterThan(0);
    }
    const page = await http(slow.url, "GET", `/v1/conversations/${id}/messages`, cleo.token);
    expect(page.body.messages.length).toBe(answers.length - refusals.length);
    client.close();
    await slow.stop();
  },
  startWithinMs,
);

test("[W15] each change is the row's state, in rising rev without holes", async () => {
  const id = await group();
  const from = bob.frames.length;
  for (let i = 0; i < 5; i++) await ada.ack(say(id, `${i}`));
  await ada.ack({ kind: "edit", conversation: id, seq: 3, text: "three" });
  await http(server.url, "PATCH", `/v1/conversations/${id}`, people[0]!.token, { title: "Renamed" });
  await changeIn(bob, id, (change) => change.kind === "conversation" && change.title === "Renamed");
  const changes = bob.frames
    .slice(from)
    .flatMap((frame) => (frame.kind === "changes" && frame.conversation === id ? frame.changes : []));
  const revs = changes.map(({ rev }) => rev);
  expect(revs).toEqual(Array.from({ length: 7 }, (_, i) => revs[0]! + i));
});

test("[W17] member numbers are told who they are, and stay", async () => {
  const id = await group();
  await http(server.url, "DELETE", `/v1/conversations/${id}/members/${people[1]!.user}`, people[0]!.token);
  await http(server.url, "POST", `/v1/conversations/${id}/members`, people[0]!.token, {
    users: [people[2]!.user],
  });
  await http(server.url, "POST", `/v1/conversations/${id}/members`, people[0]!.token, {
    users: [people[1]!.user],
  });
  const path = `/v1/conversations/${id}/members?numbers=1,2,3`;
  const { body } = await http(server.url, "GET", path, people[0]!.token);
  const users = body.members.map(({ member, user }: any) => [member, user]);
  expect(users).toEqual(people.map(({ user }, i) => [i + 1, user]));
  await changeIn(
    ada,
    id,
    (change) => change.kind === "member" && change.user === people[2]!.user && change.active,
  );
});

test("[W20] a reaction counts its members; what stands as wished takes no rev", async () => {
  const id = await group();
  const { seq } = await ada.ack(say(id, "react to this"));
  const react = (client: WireClient, on: boolean) =>
    client.ack({ kind: "react", conversation: id, seq, emoji: "👍", on });
  const first = await react(ada, true);
  expect(await changeIn(bob, id, (change) => change.rev === first.rev)).toMatchObject({
    kind: "reaction",
    seq,
    member: 1,
    emoji: "👍",
    on: true,
    count: 1,
  });
  const second = await react(bob, true);
  expect(await changeIn(ada, id, (change) => change.rev === second.rev)).toMatchObject({
    member: 2,
    count: 2,
  });
  expect((await react(bob, true)).rev).toBe(0);
  const third = await react(ada, false);
  expect(third.rev).toBe(second.rev + 1);
  expect(await changeIn(bob, id, (change) => change.rev === third.rev)).toMatchObject({
    on: false,
    count: 1,
  });
  expect((await react(ada, false)).rev).toBe(0);
});

test("[W31] what is above a limit is refused whole", async () => {
  const id = await group();
  const longest = "é".repeat(limits.textBytesMax / 2);
  expect((await ada.ack(say(id, longest))).seq).toBe(1);
  expect(await ada.refusal(say(id, `${longest}x`))).toBe("too_large");
  expect(await ada.refusal({ kind: "edit", conversation: id, seq: 1, text: `${longest}x` })).toBe(
    "too_large",
  );
  const emoji = "x".repeat(limits.emojiBytesMax + 1);
  expect(await ada.refusal({ kind: "react", conversation: id, seq: 1, emoji, on: true })).toBe("too_large");
  expect(await ada.refusal(say(id, "   \n\t "))).toBe("empty_text");
  const large = await WireClient.join(server.url, people[0]!.token);
  large.sendRaw(new Uint8Array(limits.frameBytesMax + 1));
  expect([1009, 1006]).toContain((await large.closed()).code);
  await ada.pong();
});

test("[W36] an outsider cannot tell a conversation that exists from one that does not", async () => {
  const id = await group();
  await ada.ack(say(id, "private"));
  const nowhere = "01930f2c-7d1e-7c3a-9f00-5a2b3c4d5e6f";
  for (const conversation of [id, nowhere]) {
    expect(await eve.refusal(say(conversation, "x"))).toBe("unknown_conversation");
    expect(await eve.refusal({ kind: "edit", conversation, seq: 1, text: "x" })).toBe("unknown_conversation");
    expect(await eve.refusal({ kind: "delete", conversation, seq: 1 })).toBe("unknown_conversation");
    expect(await eve.refusal({ kind: "react", conversation, seq: 1, emoji: "👍", on: true })).toBe(
      "unknown_conversation",
    );
    expect(await eve.refusal({ kind: "since", conversation, rev: 0, seq: 0 })).toBe("unknown_conversation");
    for (const kind of ["read", "typing"] as const) {
      const from = eve.frames.length;
      eve.send(kind === "read" ? { kind, conversation, seq: 1 } : { kind, conversation });
      expect((await eve.next("refused", () => true, from)).code).toBe("unknown_conversation");
    }
  }
});

test("[W29] every refusal met here is of the closed list, and the connections still work", async () => {
  for (const client of [ada, bob, eve]) {
    for (const frame of client.frames)
      if (frame.kind === "refused") expect(refusalCodes).toHaveProperty(frame.code);
    await client.pong();
  }
});

test("[W35] the same edit, delete wish and reaction again leave what stands", async () => {
  const id = await group();
  const { seq } = await ada.ack(say(id, "one"));
  await ada.ack({ kind: "edit", conversation: id, seq, text: "two" });
  await ada.ack({ kind: "edit", conversation: id, seq, text: "two" });
  await ada.ack({ kind: "delete", conversation: id, seq });
  expect(await ada.refusal({ kind: "delete", conversation: id, seq })).toBe("message_deleted");
  const page = await http(server.url, "GET", `/v1/conversations/${id}/messages`, people[1]!.token);
  expect(page.body.messages).toHaveLength(1);
});
