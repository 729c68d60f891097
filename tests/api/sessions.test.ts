// Sessions: one for each device, seen, revoked, and ended by time; by token and by cookie.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { dayMs, hourMs } from "#base/units.ts";
import { type ApiTestServer, startApi } from "./api-server.ts";
import { ask, goodPassword, Person } from "./person.ts";

let server: ApiTestServer;
beforeEach(() => {
  server = startApi();
});

afterEach(async () => {
  expect(server.failures).toEqual([]);
  await server.stop();
});

test("each device has its own session; one can log out the others", async () => {
  const phone = await Person.signUp(server, "ana");
  const laptop = await phone.logIn("Laptop");
  const tablet = await phone.logIn("Tablet");
  const { sessions } = await laptop.get("/v1/sessions");
  expect(sessions).toHaveLength(3);
  const current = sessions.filter((one: { current: boolean }) => one.current);
  expect(current).toMatchObject([{ session: laptop.session, device: "Laptop" }]);
  expect(JSON.stringify(sessions)).not.toMatch(/hash|secret|bt1_/i);

  server.follow(phone.user);
  expect((await laptop.ask("DELETE", `/v1/sessions/${phone.session}`)).status).toBe(204);
  expect((await phone.ask("GET", "/v1/me")).status).toBe(401);
  expect((await laptop.ask("POST", "/v1/sessions/revoke-others")).body).toEqual({ revoked: 1 });
  expect((await tablet.ask("GET", "/v1/me")).status).toBe(401);
  expect((await laptop.ask("GET", "/v1/me")).status).toBe(200);
  expect((await laptop.ask("DELETE", "/v1/sessions/current")).status).toBe(204);
  expect((await laptop.ask("GET", "/v1/me")).status).toBe(401);
  expect(server.userEvents).toEqual(
    [phone, tablet, laptop].map(({ user, session }) => ({ kind: "revoked", user, session }) as never),
  );
});

test("nobody revokes another's session", async () => {
  const ana = await Person.signUp(server, "ana");
  const bo = await Person.signUp(server, "bo");
  server.follow(ana.user);
  const answer = await bo.ask("DELETE", `/v1/sessions/${ana.session}`);
  expect([answer.status, answer.body.error.code]).toEqual([404, "unknown_session"]);
  expect((await ana.ask("GET", "/v1/me")).status).toBe(200);
  expect(server.userEvents).toEqual([]);
});

test("a session that is used lives on, one that is not ends after 90 days", async () => {
  const used = await Person.signUp(server, "ana");
  const idle = await used.logIn();
  for (let day = 0; day < 89; day += 10) {
    server.advance(10 * dayMs);
    if (day < 80) expect((await used.ask("GET", "/v1/me")).status).toBe(200);
  }
  expect((await idle.ask("GET", "/v1/me")).status).toBe(401);
  server.advance(79 * dayMs);
  expect((await used.ask("GET", "/v1/me")).status).toBe(200);
  server.advance(90 * dayMs);
  expect((await used.ask("GET", "/v1/me")).status).toBe(401);
});

test("when a session was last seen is written down at most once an hour", async () => {
  const ana = await Person.signUp(server, "ana");
  const seen = async () => (await ana.get("/v1/sessions")).sessions[0].lastSeenAt;
  const first = await seen();
  server.advance(hourMs - 1);
  await seen();
  expect(await seen()).toBe(first);
  server.advance(1);
  await seen();
  expect(await seen()).toBe(first + hourMs);
});

test.each([
  ["nothing", ""],
  ["no token", "Bearer hello"],
  ["another scheme", "Basic YW5hOnB3"],
  ["a token of the right length", `Bearer bt1_${"A".repeat(86)}`],
])("%s does not authenticate", async (_, authorization) => {
  const headers: Record<string, string> = authorization === "" ? {} : { authorization };
  const answer = await ask(server, "GET", "/v1/me", { headers });
  expect([answer.status, answer.body.error.code]).toEqual([401, "not_authenticated"]);
  expect(answer.headers.get("www-authenticate")).toStartWith("Bearer");
});

test("a token with one character changed, or with another's session, does not authenticate", async () => {
  const ana = await Person.signUp(server, "ana");
  const bo = await Person.signUp(server, "bo");
  for (const at of [4, 20, 30, 50, 70, 88]) {
    const other = ana.token[at] === "A" ? "B" : "A";
    const token = ana.token.slice(0, at) + other + ana.token.slice(at + 1);
    expect((await ask(server, "GET", "/v1/me", { token })).status).toBe(401);
  }
  const bytes = (token: string) => Buffer.from(token.slice(4), "base64url");
  const mixed = Buffer.concat([bytes(ana.token).subarray(0, 16), bytes(bo.token).subarray(16)]);
  const token = `bt1_${mixed.toString("base64url")}`;
  expect((await ask(server, "GET", "/v1/me", { token })).status).toBe(401);
});

test("the web's cookie: HttpOnly, SameSite, Secure with TLS; the token is not in the answer", async () => {
  await Person.signUp(server, "ana");
  const body = { handle: "ana", password: goodPassword, cookie: true };
  const plain = await ask(server, "POST", "/v1/sessions", { body });
  expect(plain.status).toBe(201);
  expect(plain.body.token).toBeUndefined();
  const cookie = plain.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/^banyan_session=bt1_[\w-]{86};/);
  for (const part of ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=7776000"])
    expect(cookie).toContain(part);
  expect(cookie).not.toContain("Secure");

  const behindTls = startApi({ secure: true });
  await Person.signUp(behindTls, "ana");
  const secure = await ask(behindTls, "POST", "/v1/sessions", { body });
  expect(secure.headers.get("set-cookie")).toContain("Secure");
  await behindTls.stop();
});

test("a cookie reads from anywhere, but changes only for our own pages", async () => {
  await Person.signUp(server, "ana");
  const body = { handle: "ana", password: goodPassword, cookie: true };
  const loggedIn = await ask(server, "POST", "/v1/sessions", { body });
  const cookie = (loggedIn.headers.get("set-cookie") ?? "").split(";")[0]!;
  const rename = (headers: Record<string, string>) =>
    ask(server, "PATCH", "/v1/me", { body: { displayName: "Ana" }, headers: { cookie, ...headers } });
  expect((await ask(server, "GET", "/v1/me", { headers: { cookie } })).status).toBe(200);
  for (const origin of ["https://evil.example", "null", `${server.url}.evil.example`, "http://127.0.0.1:1"]) {
    const answer = await rename({ origin });
    expect([answer.status, answer.body.error.code]).toEqual([403, "wrong_origin"]);
  }
  expect((await rename({})).status).toBe(403);
  expect((await rename({ origin: server.url })).status).toBe(200);
  const out = await ask(server, "DELETE", "/v1/sessions/current", {
    headers: { cookie, origin: server.url },
  });
  expect(out.status).toBe(204);
  expect(out.headers.get("set-cookie")).toMatch(/^banyan_session=;.*Max-Age=0/);
  expect((await ask(server, "GET", "/v1/me", { headers: { cookie } })).status).toBe(401);
});

test("a new password needs the present one, and ends the other sessions", async () => {
  const ana = await Person.signUp(server, "ana");
  const other = await ana.logIn();
  server.follow(ana.user);
  const change = (current: string, next: string) => ana.ask("PUT", "/v1/me/password", { current, next });
  expect((await change("something else", "a better password")).body.error.code).toBe("wrong_password");
  expect((await change(goodPassword, "short")).body.error.code).toBe("invalid_password");
  expect((await other.ask("GET", "/v1/me")).status).toBe(200);
  expect((await change(goodPassword, "a better password")).status).toBe(204);
  expect((await other.ask("GET", "/v1/me")).status).toBe(401);
  expect((await ana.ask("GET", "/v1/me")).status).toBe(200);
  expect(server.userEvents).toEqual([{ kind: "revoked", user: ana.user, session: other.session as never }]);
  const logIn = (password: string) =>
    ask(server, "POST", "/v1/sessions", { body: { handle: "ana", password } });
  expect((await logIn(goodPassword)).status).toBe(401);
  expect((await logIn("a better password")).status).toBe(201);
});

test("a display name changes, and others see it", async () => {
  const ana = await Person.signUp(server, "ana");
  const bo = await Person.signUp(server, "bo");
  expect((await ana.ask("PATCH", "/v1/me", { displayName: " Ana\u00a0🌳 " })).body.account.displayName).toBe(
    "Ana\u00a0🌳",
  );
  expect((await bo.get(`/v1/users?ids=${ana.user}`)).users).toEqual([
    { user: ana.user, handle: "ana", displayName: "Ana\u00a0🌳", isBot: false },
  ]);
  expect((await bo.get("/v1/users?q=AN")).users).toHaveLength(1);
  for (const displayName of ["", "   ", "two\nlines", "x".repeat(81), "\u0000", "\ud800"]) {
    const answer = await ana.ask("PATCH", "/v1/me", { displayName });
    expect([answer.status, answer.body.error.code]).toEqual([400, "bad_request"]);
  }
});
