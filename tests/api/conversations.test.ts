// Conversations over HTTP: listed with what a list shows, opened, made, paged, and caught up with.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { type ApiTestServer, startApi } from "./api-server.ts";
import { Person } from "./person.ts";

let server: ApiTestServer;
let ana: Person;
let bo: Person;
let cy: Person;

beforeEach(async () => {
  server = startApi();
  ana = await Person.signUp(server, "ana");
  bo = await Person.signUp(server, "bo");
  cy = await Person.signUp(server, "cy");
});

afterEach(async () => {
  expect(server.failures).toEqual([]);
  await server.stop();
});

/** Until it is written down: cursors are, after a moment. */
async function read(person: Person, conversation: string, seq: number): Promise<void> {
  await server.messaging.read(person.user, conversation as never, seq as never);
  server.advance(60_000);
  const readSeq = async () => (await person.get(`/v1/conversations/${conversation}`)).me.readSeq;
  const deadline = performance.now() + 5_000;
  while ((await readSeq()) !== seq) expect(performance.now()).toBeLessThan(deadline);
}

const nobody = "01938a4e-7c1f-7d3a-9b52-3f6f1d2c4a5b";

test("there is one direct conversation for a pair, whoever asks", async () => {
  const direct = await ana.create("direct", [bo]);
  const again = await bo.ask("POST", "/v1/conversations", { kind: "direct", users: [ana.user] });
  expect([again.status, again.body.conversation]).toEqual([200, direct]);
  expect(again.body.other).toEqual({ user: ana.user, handle: "ana", displayName: "ana", isBot: false });
  const [mine] = (await ana.get("/v1/conversations")).conversations;
  expect(mine).toMatchObject({ kind: "direct", title: "", memberCount: 2, other: { handle: "bo" } });
  const alone = await ana.ask("POST", "/v1/conversations", { kind: "direct", users: [ana.user] });
  expect([alone.status, alone.body.error.code]).toEqual([403, "not_allowed"]);
});

test("a list shows the newest message, its author and what is unread", async () => {
  const group = await ana.create("group", [bo], "Trees");
  await ana.send(group, "one");
  await ana.send(group, "two");
  const [seen] = (await bo.get("/v1/conversations")).conversations;
  expect(seen).toMatchObject({
    conversation: group,
    kind: "group",
    title: "Trees",
    lastSeq: 2,
    memberCount: 2,
    me: { role: "member", readSeq: 0 },
    lastMessage: { seq: 2, text: "two", author: 1 },
    lastAuthor: { member: 1, user: ana.user, displayName: "ana" },
  });
  expect(seen.other).toBeUndefined();
  await read(bo, group, 2);
  expect((await bo.get("/v1/conversations")).conversations[0].me.readSeq).toBe(2);
});

test("who has read how far stands in an opened conversation", async () => {
  const group = await ana.create("group", [bo, cy], "Trees");
  const seq = await ana.send(group, "one");
  await read(cy, group, seq);
  const { cursors } = await bo.get(`/v1/conversations/${group}`);
  expect(cursors).toContainEqual({ member: 3, seq: 1 });
  expect(cursors).toContainEqual({ member: 2, seq: 0 });
});

test("a conversation opens with its newest messages, if they are asked for", async () => {
  const group = await ana.create("group", [bo], "Trees");
  for (const text of ["one", "two", "three"]) await ana.send(group, text);
  const path = `/v1/conversations/${group}`;
  const alone = await bo.get(path);
  expect(alone.page).toBeUndefined();
  const { page, ...opened } = await bo.get(`${path}?messages=2`);
  expect(opened).toEqual(alone);
  expect(page).toEqual(await bo.get(`${path}/messages?limit=2`));
  expect(page.messages.map((one: { text: string }) => one.text)).toEqual(["two", "three"]);
  for (const wrong of ["0", "201", "x", ""])
    expect((await bo.ask("GET", `${path}?messages=${wrong}`)).status).toBe(400);
});

test("a list comes in pages, each conversation once", async () => {
  const made = new Set<string>();
  for (let i = 0; i < 7; i++) made.add(await ana.create("group", [], `Group ${i}`));
  const seen: string[] = [];
  let after = "";
  for (let pages = 0; pages < 10; pages++) {
    const page = await ana.get(`/v1/conversations?limit=3${after}`);
    expect(page.conversations.length).toBeLessThanOrEqual(3);
    seen.push(...page.conversations.map((one: { conversation: string }) => one.conversation));
    if (page.next === undefined) break;
    after = `&after=${page.next}`;
  }
  expect(seen).toHaveLength(7);
  expect(new Set(seen)).toEqual(made);
});

test("history goes both ways and around a number, without a hole", async () => {
  const group = await ana.create("group", [bo], "Trees");
  for (let i = 1; i <= 30; i++) await ana.send(group, `message ${i}`);
  const page = async (query: string) => {
    const found = await bo.get(`/v1/conversations/${group}/messages?${query}`);
    return { ...found, seqs: found.messages.map((message: { seq: number }) => message.seq) };
  };
  expect(await page("limit=3")).toMatchObject({ seqs: [28, 29, 30], hasBefore: true, hasAfter: false });
  expect(await page("limit=3&before=4")).toMatchObject({ seqs: [1, 2, 3], hasBefore: false, hasAfter: true });
  expect(await page("limit=3&after=28")).toMatchObject({ seqs: [29, 30], hasBefore: true, hasAfter: false });
  const around = await page("limit=5&around=15");
  expect(around.seqs).toContain(15);
  expect(around).toMatchObject({ hasBefore: true, hasAfter: true, lastSeq: 30 });
  expect(around.messages.find((message: { seq: number }) => message.seq === 15).text).toBe("message 15");
  const two = await bo.ask("GET", `/v1/conversations/${group}/messages?before=4&after=1`);
  expect([two.status, two.body.error.code]).toEqual([400, "bad_request"]);
});

test("what changed since a rev: state, not a replay; and a reset for who is too far behind", async () => {
  const group = await ana.create("group", [bo], "Trees");
  await ana.send(group, "one");
  const { rev, lastSeq } = await bo.get(`/v1/conversations/${group}/messages`);
  await server.messaging.edit(ana.user, group as never, 1 as never, "two");
  await server.messaging.edit(ana.user, group as never, 1 as never, "three");
  await server.messaging.react(bo.user, group as never, 1 as never, "🌳", true);
  expect((await ana.ask("PATCH", `/v1/conversations/${group}`, { title: "Forest" })).status).toBe(204);
  await ana.ask("POST", `/v1/conversations/${group}/members`, { users: [cy.user] });
  const caughtUp = await bo.get(`/v1/conversations/${group}/changes?rev=${rev}&seq=${lastSeq}`);
  expect(caughtUp).toMatchObject({ lastSeq: 1, reset: false });
  expect(caughtUp.changes).toMatchObject([
    { kind: "message", seq: 1, text: "three", reactions: [{ emoji: "🌳", count: 1, mine: true }] },
    { kind: "conversation", title: "Forest" },
    { kind: "member", member: 3, user: cy.user, displayName: "cy", active: true },
  ]);
  expect(await bo.get(`/v1/conversations/${group}/changes?rev=${caughtUp.rev}&seq=1`)).toMatchObject({
    rev: caughtUp.rev,
    changes: [],
  });
  for (let i = 0; i < 501; i++) await ana.send(group, "more");
  const far = await bo.get(`/v1/conversations/${group}/changes?rev=${rev}&seq=${lastSeq}`);
  expect([far.reset, far.changes]).toEqual([true, []]);
});

test("members come in pages with their names; by number also those who have left", async () => {
  const group = await ana.create("group", [bo, cy], "Trees");
  const path = `/v1/conversations/${group}/members`;
  const first = await ana.get(`${path}?limit=2`);
  expect(first.members.map((one: { handle: string }) => one.handle)).toEqual(["ana", "bo"]);
  const second = await ana.get(`${path}?limit=2&after=${first.next}`);
  expect(second).toEqual({
    members: [{ member: 3, user: cy.user, role: "member", active: true, handle: "cy", displayName: "cy" }],
  });
  expect((await cy.ask("POST", `/v1/conversations/${group}/leave`)).status).toBe(204);
  expect((await ana.get(path)).members).toHaveLength(2);
  expect((await ana.get(`${path}?numbers=3,1`)).members).toHaveLength(2);
  expect((await ana.get(`${path}?numbers=3`)).members.map((one: { active: boolean }) => one.active)).toEqual([
    false,
  ]);
  for (const numbers of ["", "1,", "-1", "x", "1.5", "99999999999", Array(201).fill("1").join(",")]) {
    expect((await ana.ask("GET", `${path}?numbers=${numbers}`)).status).toBe(400);
  }
});

test("people who do not exist are not added, and nobody else of the same list", async () => {
  const made = await ana.ask("POST", "/v1/conversations", {
    kind: "group",
    title: "Trees",
    users: [bo.user, nobody],
  });
  expect([made.status, made.body.error.code]).toEqual([404, "unknown_user"]);
  const group = await ana.create("group", [], "Trees");
  const path = `/v1/conversations/${group}/members`;
  expect((await ana.ask("POST", path, { users: [bo.user, nobody] })).body.error.code).toBe("unknown_user");
  expect((await ana.get(path)).members).toHaveLength(1);
});

test("users are found by ids, in one request, and unknown ones are left out", async () => {
  const { users } = await ana.get(`/v1/users?ids=${[bo.user, nobody, cy.user].join(",")}`);
  expect(users.map((one: { handle: string }) => one.handle)).toEqual(["bo", "cy"]);
  expect((await ana.get("/v1/users?limit=2")).users).toHaveLength(2);
});
