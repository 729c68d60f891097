// Who may not: another person's conversations on every command and every route, and tokens that are not one's own.

import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  converse,
  http,
  logIn,
  newName,
  type SignedUp,
  signUp,
  WireClient,
} from "#tests/conformance/wire-client.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs } from "#tests/topology.ts";
import { besideBystanders } from "./bystanders.ts";

let server: TestServer;
let owner: SignedUp;
let ada: SignedUp;
let bob: SignedUp;
let eve: SignedUp;

beforeAll(async () => {
  server = await startServer();
  owner = await signUp(server.url, "owner");
  ada = await signUp(server.url, "ada");
  bob = await signUp(server.url, "bob");
  eve = await signUp(server.url, "eve");
}, startWithinMs);
afterAll(() => server.stop(), startWithinMs);

const nowhere = "01930f2c-7d1e-7c3a-9f00-5a2b3c4d5e6f";

test("[W36] [L9] an outsider gets nothing of a conversation, by any command", async () => {
  await besideBystanders(server, "outside", async () => {
    const client = await WireClient.join(server.url, ada.token);
    for (const kind of ["direct", "group", "channel"] as const) {
      const id = await converse(server.url, ada, kind, [bob]);
      await client.ack({ kind: "send", conversation: id, name: newName(), text: "private" });
      const outsider = await WireClient.join(server.url, eve.token);
      const refused = "unknown_conversation";
      for (const conversation of [id, nowhere]) {
        const name = newName();
        expect(await outsider.refusal({ kind: "send", conversation, name, text: "x" })).toBe(refused);
        expect(await outsider.refusal({ kind: "edit", conversation, seq: 1, text: "x" })).toBe(refused);
        expect(await outsider.refusal({ kind: "delete", conversation, seq: 1 })).toBe(refused);
        expect(await outsider.refusal({ kind: "react", conversation, seq: 1, emoji: "x", on: true })).toBe(
          refused,
        );
        expect(await outsider.refusal({ kind: "since", conversation, rev: 0, seq: 0 })).toBe(refused);
        outsider.send({ kind: "look", conversations: [conversation], users: [] });
      }
      await outsider.pong();
      const from = outsider.frames.length;
      client.send({ kind: "typing", conversation: id });
      await client.ack({ kind: "send", conversation: id, name: newName(), text: "still private" });
      client.send({ kind: "read", conversation: id, seq: 2 });
      await client.pong();
      await outsider.pong();
      expect(outsider.frames.slice(from).filter(({ kind: it }) => it !== "pong")).toEqual([]);
      outsider.close();
    }
    client.close();
  });
}, 60_000);

test("[L9] an outsider gets nothing of a conversation, by any route", async () => {
  const id = await converse(server.url, ada, "group", [bob]);
  const routes: [method: string, path: string, body?: unknown][] = [
    ["GET", ""],
    ["PATCH", "", { title: "taken over" }],
    ["GET", "/messages"],
    ["GET", "/messages?before=5"],
    ["GET", "/messages?around=1"],
    ["GET", "/changes?rev=0&seq=0"],
    ["GET", "/members"],
    ["GET", "/members?numbers=1,2"],
    ["POST", "/members", { users: [eve.user] }],
    ["DELETE", `/members/${bob.user}`],
    ["DELETE", `/members/${eve.user}`],
    ["PATCH", `/members/${eve.user}`, { role: "owner" }],
    ["POST", "/join"],
    ["POST", "/leave"],
  ];
  // The owner of the installation is an outsider to other people's conversations as well.
  for (const outsider of [eve, owner]) {
    for (const [method, path, body] of routes) {
      for (const conversation of [id, nowhere]) {
        const answer = await http(
          server.url,
          method,
          `/v1/conversations/${conversation}${path}`,
          outsider.token,
          body,
        );
        expect([method, path, answer.status, answer.body?.error?.code]).toEqual([
          method,
          path,
          404,
          "unknown_conversation",
        ]);
      }
    }
  }
  const { body } = await http(server.url, "GET", `/v1/conversations/${id}`, ada.token);
  expect(body).toMatchObject({ title: "The tree", memberCount: 2 });
});

test("[L9] a plain member takes no rights and adds nobody", async () => {
  const id = await converse(server.url, ada, "group", [bob]);
  const tries: [method: string, path: string, body?: unknown][] = [
    ["PATCH", "", { title: "taken over" }],
    ["POST", "/members", { users: [eve.user] }],
    ["DELETE", `/members/${ada.user}`],
    ["PATCH", `/members/${bob.user}`, { role: "owner" }],
    ["PATCH", `/members/${ada.user}`, { role: "member" }],
  ];
  for (const [method, path, body] of tries) {
    const answer = await http(server.url, method, `/v1/conversations/${id}${path}`, bob.token, body);
    expect([method, path, answer.status, answer.body.error.code]).toEqual([method, path, 403, "not_allowed"]);
  }
});

test("[W8] tokens put together from two people's, changed by a bit, or revoked are nobody's", async () => {
  const bytes = (token: string) => Buffer.from(token.slice(4), "base64url");
  const text = (parts: Uint8Array[]) => `bt1_${Buffer.concat(parts).toString("base64url")}`;
  const [adas, eves] = [bytes(ada.token), bytes(eve.token)];
  const flipped = Buffer.from(eves);
  flipped[40]! ^= 1;
  const gone = await logIn(server.url, "eve");
  await http(server.url, "DELETE", `/v1/sessions/${gone.session}`, eve.token);
  const tokens = [
    text([adas.subarray(0, 16), eves.subarray(16)]),
    text([adas.subarray(0, 32), eves.subarray(32)]),
    text([eves.subarray(0, 32), adas.subarray(32)]),
    text([adas.subarray(0, 32), Buffer.alloc(32)]),
    text([flipped]),
    text([eves, eves]),
    gone.token,
    `${eve.token}\n`,
    `${eve.token}=`,
  ];
  await besideBystanders(server, "tokens", async () => {
    for (const token of tokens) {
      const client = await WireClient.open(server.url);
      client.send({ kind: "hello", version: 1, token });
      expect((await client.closed()).code).toBe(4001);
      // A header's value is trimmed on its way.
      if (token.trim() !== token) continue;
      expect((await http(server.url, "GET", "/v1/me", token)).status).toBe(401);
    }
  });
});

test("[L9] passwords cannot be guessed quickly, and guessing locks nobody's session", async () => {
  const codes = new Set<number>();
  for (let i = 0; i < 30; i++) {
    const guess = { handle: "ada", password: `guess number ${i}` };
    codes.add((await http(server.url, "POST", "/v1/sessions", undefined, guess)).status);
  }
  expect(codes).toEqual(new Set([401, 429]));
  const client = await WireClient.join(server.url, ada.token);
  await client.pong();
  client.close();
}, 60_000);
