// Who may do what: every operation of the document, by everyone. An operation that stands in no table fails here.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { type ApiTestServer, startApi } from "./api-server.ts";
import { operationsOf } from "./operations.ts";
import { ask, Person } from "./person.ts";

let server: ApiTestServer;
let people: Record<"owner" | "admin" | "member" | "former" | "outsider" | "target", Person>;

beforeAll(async () => {
  server = startApi();
  const names = ["owner", "admin", "member", "former", "outsider", "target"] as const;
  const made = [];
  for (const name of names) made.push([name, await Person.signUp(server, name)] as const);
  people = Object.fromEntries(made) as typeof people;
});

afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.stop();
});

const nowhere = "01938a4e-7c1f-7d3a-9b52-3f6f1d2c4a5b";
const open = ["signUp", "logIn", "serverInfo"];
const ofOneself = [
  "listSessions",
  "revokeSession",
  "revokeOtherSessions",
  "me",
  "renameMe",
  "changePassword",
  "findUsers",
  "listConversations",
  "createConversation",
  "findChannels",
  "invite",
  "listBots",
  "makeBot",
  "renewBotToken",
  "silenceBot",
];

type Actor = "outsider" | "former" | "member" | "admin" | "owner";
interface Case {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly body?: () => object;
  /** outsider, former member, member, admin, owner. */
  readonly statuses: readonly [number, number, number, number, number];
}

const cases: readonly Case[] = [
  { operation: "openConversation", method: "GET", path: "", statuses: [404, 404, 200, 200, 200] },
  {
    operation: "renameConversation",
    method: "PATCH",
    path: "",
    body: () => ({ title: "New" }),
    statuses: [404, 404, 403, 204, 204],
  },
  { operation: "pageMessages", method: "GET", path: "/messages", statuses: [404, 404, 200, 200, 200] },
  {
    operation: "changesSince",
    method: "GET",
    path: "/changes?rev=0&seq=0",
    statuses: [404, 404, 200, 200, 200],
  },
  { operation: "listMembers", method: "GET", path: "/members", statuses: [404, 404, 200, 200, 200] },
  {
    operation: "addMembers",
    method: "POST",
    path: "/members",
    body: () => ({ users: [people.outsider.user] }),
    statuses: [404, 404, 403, 204, 204],
  },
  {
    operation: "removeMember",
    method: "DELETE",
    path: "/members/{target}",
    statuses: [404, 404, 403, 204, 204],
  },
  {
    operation: "removeMember",
    method: "DELETE",
    path: "/members/{admin}",
    statuses: [404, 404, 403, 403, 204],
  },
  {
    operation: "removeMember",
    method: "DELETE",
    path: "/members/{owner}",
    statuses: [404, 404, 403, 403, 403],
  },
  {
    operation: "setRole",
    method: "PATCH",
    path: "/members/{target}",
    body: () => ({ role: "admin" }),
    statuses: [404, 404, 403, 204, 204],
  },
  {
    operation: "setRole",
    method: "PATCH",
    path: "/members/{target}",
    body: () => ({ role: "owner" }),
    statuses: [404, 404, 403, 403, 204],
  },
  {
    operation: "setRole",
    method: "PATCH",
    path: "/members/{owner}",
    body: () => ({ role: "member" }),
    statuses: [404, 404, 403, 403, 403],
  },
  { operation: "joinChannel", method: "POST", path: "/join", statuses: [404, 404, 404, 404, 404] },
  { operation: "leaveConversation", method: "POST", path: "/leave", statuses: [404, 404, 204, 204, 403] },
];

const actors: readonly Actor[] = ["outsider", "former", "member", "admin", "owner"];

/** A group of its own for each case, so that none disturbs another. */
async function newGroup(): Promise<string> {
  const { owner, admin, member, former, target } = people;
  const group = await owner.create("group", [admin, member, former, target], "Trees");
  const path = `/v1/conversations/${group}/members`;
  await owner.ask("PATCH", `${path}/${admin.user}`, { role: "admin" });
  await owner.ask("DELETE", `${path}/${former.user}`);
  await owner.send(group, "what only members read");
  return group;
}

function pathOf(path: string): string {
  return path.replace(
    /\{(target|admin|owner)\}/,
    (_, name: "target" | "admin" | "owner") => people[name].user,
  );
}

for (const { operation, method, path, body, statuses } of cases) {
  test(`${operation} ${method} ${path} ${body === undefined ? "" : "with a body"}: ${statuses.join(" ")}`, async () => {
    for (const [i, actor] of actors.entries()) {
      const group = await newGroup();
      const answer = await people[actor].ask(method, `/v1/conversations/${group}${pathOf(path)}`, body?.());
      expect([actor, answer.status]).toEqual([actor, statuses[i]!]);
      if (statuses[i] === 404) await expectAsIfNotThere(people[actor], method, path, body?.(), answer.body);
    }
  });
}

/** To who is not in it, a conversation that is there looks like one that is not. */
async function expectAsIfNotThere(
  actor: Person,
  method: string,
  path: string,
  body: object | undefined,
  seen: unknown,
): Promise<void> {
  const answer = await actor.ask(method, `/v1/conversations/${nowhere}${pathOf(path)}`, body);
  expect([answer.status, answer.body]).toEqual([404, seen]);
}

test("every operation stands in a table", () => {
  const tabled = new Set([...open, ...ofOneself, ...cases.map((one) => one.operation)]);
  const documented = operationsOf(server.describe()).map((one) => one.operationId);
  expect(documented.sort()).toEqual([...tabled].sort());
});

test("without a token, with a wrong or a revoked one, nothing but the open operations is answered", async () => {
  const revoked = await people.member.logIn();
  await revoked.ask("DELETE", "/v1/sessions/current");
  for (const { operationId, method, path } of operationsOf(server.describe())) {
    if (open.includes(operationId)) continue;
    const place = path.replaceAll(/\{\w+\}/g, nowhere);
    for (const token of [undefined, `bt1_${"x".repeat(86)}`, revoked.token]) {
      const answer = await ask(server, method, place, token === undefined ? {} : { token });
      expect([operationId, answer.status, answer.body.error.code]).toEqual([
        operationId,
        401,
        "not_authenticated",
      ]);
    }
  }
});

test("a list of conversations and of sessions is one's own", async () => {
  const group = await newGroup();
  for (const actor of ["member", "admin", "owner"] as const) {
    const { conversations } = await people[actor].get("/v1/conversations?limit=100");
    expect(JSON.stringify(conversations)).toContain(group);
  }
  for (const actor of ["outsider", "former"] as const) {
    const { conversations } = await people[actor].get("/v1/conversations?limit=100");
    expect(JSON.stringify(conversations)).not.toContain(group);
    const { sessions } = await people[actor].get("/v1/sessions");
    expect(sessions.map((one: { session: string }) => one.session)).toEqual([people[actor].session]);
  }
});

test("a channel is found and joined by anyone, a group and a direct conversation by nobody", async () => {
  const { owner, member, outsider } = people;
  const channel = await owner.create("channel", [], "Everybody's forest");
  const group = await owner.create("group", [member], "Everybody's secret");
  const direct = await owner.create("direct", [member]);
  const { channels } = await outsider.get("/v1/channels?q=everybody");
  expect(channels).toEqual([
    { conversation: channel, title: "Everybody's forest", memberCount: 1, joined: false },
  ]);
  expect((await outsider.ask("GET", `/v1/conversations/${channel}/messages`)).status).toBe(404);
  const joined = await outsider.ask("POST", `/v1/conversations/${channel}/join`);
  expect([joined.status, joined.body.me.role]).toEqual([200, "member"]);
  expect((await outsider.get("/v1/channels?q=forest")).channels[0].joined).toBe(true);
  expect((await outsider.ask("GET", `/v1/conversations/${channel}/messages`)).status).toBe(200);
  for (const closed of [group, direct]) {
    expect((await outsider.ask("POST", `/v1/conversations/${closed}/join`)).status).toBe(404);
  }
});

test("a direct conversation has no third, no new title, no roles and no way out", async () => {
  const { owner, member, outsider, target } = people;
  const direct = `/v1/conversations/${await owner.create("direct", [target])}`;
  const forbidden = [
    await owner.ask("PATCH", direct, { title: "Ours" }),
    await owner.ask("POST", `${direct}/members`, { users: [member.user] }),
    await owner.ask("DELETE", `${direct}/members/${target.user}`),
    await owner.ask("PATCH", `${direct}/members/${target.user}`, { role: "owner" }),
    await owner.ask("POST", `${direct}/leave`),
  ];
  expect(forbidden.map((answer) => answer.status)).toEqual([403, 403, 403, 403, 403]);
  expect((await outsider.ask("GET", direct)).status).toBe(404);
});
