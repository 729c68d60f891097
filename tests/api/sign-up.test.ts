// Signing up: who may, what a handle and a password must be, and who owns the installation.

import { afterEach, expect, test } from "bun:test";
import { type ApiServerOptions, type ApiTestServer, startApi } from "./api-server.ts";
import { ask, goodPassword, Person } from "./person.ts";

let server: ApiTestServer;

function start(options: ApiServerOptions = {}): void {
  server = startApi(options);
}

afterEach(async () => {
  expect(server.failures).toEqual([]);
  await server.stop();
});

const signUp = (body: object) => ask(server, "POST", "/v1/accounts", { body });

test("the first account owns the installation, the second does not", async () => {
  start();
  expect((await ask(server, "GET", "/v1/server")).body.signUp).toBe("first");
  const first = await signUp({ handle: "ana", displayName: "  Ana B. ", password: goodPassword });
  expect(first.status).toBe(201);
  expect(first.body.account).toMatchObject({ handle: "ana", displayName: "Ana B.", isOwner: true });
  expect(first.body.session.current).toBe(true);
  expect((await ask(server, "GET", "/v1/server")).body.signUp).toBe("open");
  const second = await signUp({ handle: "bo", password: goodPassword });
  expect(second.body.account).toMatchObject({ displayName: "bo", isOwner: false });
});

test("two people never get one handle", async () => {
  start();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => signUp({ handle: "ana", password: goodPassword })),
  );
  const codes = answers.map((answer) => answer.body.error?.code ?? answer.status);
  expect(codes.filter((code) => code === 201)).toHaveLength(1);
  expect(codes.filter((code) => code === "handle_taken")).toHaveLength(7);
});

test.each([
  ["a", "2 to 32 characters"],
  ["a".repeat(33), "2 to 32 characters"],
  ["Ana", "lower case"],
  [".ana", "begins with"],
  ["-ana", "begins with"],
  ["an a", "has only"],
  ["añb", "has only"],
  ["an/b", "has only"],
])("the handle %p is refused, and why is said", async (handle, why) => {
  start();
  const { status, body } = await signUp({ handle, password: goodPassword });
  expect([status, body.error.code]).toEqual([400, "invalid_handle"]);
  expect(body.error.message).toContain(why);
});

test("the shortest, the longest and the strangest good handle", async () => {
  start();
  for (const handle of ["a1", "0".repeat(32), "a._-"]) {
    expect((await signUp({ handle, password: goodPassword })).status).toBe(201);
  }
});

test.each([
  ["nine char", "at least 10"],
  ["🌳🌳🌳🌳🌳🌳🌳🌳🌳", "at least 10"],
  [`${"xyz1a".repeat(50)}ÄÖÜß`, "at most 256 bytes"],
  ["password123", "first that anybody"],
  ["QwertyUiop", "first that anybody"],
  ["aaaaaaaaaaaa", "repeats itself"],
  ["abcabcabcabca", "repeats itself"],
  ["anabolic-tree", "handle"],
  ["anabolic-tree1!", "handle"],
  ["ten chars \ud800", "not valid"],
  ["ten chars \u0000", "not valid"],
])("the password %j is refused, and why is said", async (password, why) => {
  start();
  const { status, body } = await signUp({ handle: "anabolic-tree", password });
  expect([status, body.error.code]).toEqual([400, "invalid_password"]);
  expect(body.error.message).toContain(why);
  expect(body.error.message).not.toContain(password);
});

test("a password of another keyboard's composition is the same password", async () => {
  start();
  await signUp({ handle: "bo", password: "Zoe\u0308 likes trees" });
  const { status } = await ask(server, "POST", "/v1/sessions", {
    body: { handle: "bo", password: "Zo\u00eb likes trees" },
  });
  expect(status).toBe(201);
});

test("closed: after the first account nobody gets in", async () => {
  start({ config: { signUp: "closed" } });
  await Person.signUp(server, "ana");
  expect((await ask(server, "GET", "/v1/server")).body.signUp).toBe("closed");
  const answer = await signUp({ handle: "bo", password: goodPassword, invitation: "AAAA" });
  expect([answer.status, answer.body.error.code]).toEqual([403, "sign_up_closed"]);
});

test("by invitation: as many as it says, until it ends", async () => {
  start({ config: { signUp: "invitation" } });
  const ana = await Person.signUp(server, "ana");
  const without = await signUp({ handle: "bo", password: goodPassword });
  expect(without.body.error.code).toBe("sign_up_closed");
  const wrong = await signUp({ handle: "bo", password: goodPassword, invitation: "no token" });
  expect(wrong.body.error.code).toBe("invitation_invalid");

  const made = await ana.ask("POST", "/v1/invitations", { uses: 2, days: 3 });
  expect(made.status).toBe(201);
  expect(made.body.url).toBe(`${server.url}/#invite=${made.body.token}`);
  const invitation = made.body.token;
  const answers = await Promise.all(
    ["b1", "b2", "b3", "b4"].map((handle) => signUp({ handle, password: goodPassword, invitation })),
  );
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 201, 403, 403]);

  const late = (await ana.ask("POST", "/v1/invitations", { days: 1 })).body;
  server.advance(24 * 3600_000);
  const after = await signUp({ handle: "bz", password: goodPassword, invitation: late.token });
  expect(after.body.error.code).toBe("invitation_invalid");
});

test("only the owner of the installation invites", async () => {
  start();
  await Person.signUp(server, "ana");
  const bo = await Person.signUp(server, "bo");
  const answer = await bo.ask("POST", "/v1/invitations", {});
  expect([answer.status, answer.body.error.code]).toEqual([403, "not_allowed"]);
});

test("sign-ups of one address are counted, and another's are not", async () => {
  start({
    config: { signUpsPerHour: 3 },
    addressOf: (request) => request.headers.get("x-test-address") ?? "2001:db8::1",
  });
  const from = (address: string, handle: string) =>
    ask(server, "POST", "/v1/accounts", {
      body: { handle, password: goodPassword },
      headers: { "x-test-address": address },
    });
  for (const n of [1, 2, 3]) expect((await from(`2001:db8::${n}`, `a${n}`)).status).toBe(201);
  const fourth = await from("2001:db8:0:0:ffff::9", "a4");
  expect([fourth.status, fourth.body.error.code]).toEqual([429, "rate_limited"]);
  expect(fourth.body.error.retryAfterMs).toBeGreaterThan(0);
  expect(Number(fourth.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await from("2001:db8:0:1::1", "a5")).status).toBe(201);
});
