// Logging in: alike for who exists and who does not, slowed down for who guesses, and never a burden for the rest.

import { afterEach, expect, test } from "bun:test";
import { minuteMs } from "#base/units.ts";
import type { Passwords } from "#ports/passwords.ts";
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

const logIn = (handle: string, password = goodPassword, headers: Record<string, string> = {}) =>
  ask(server, "POST", "/v1/sessions", { body: { handle, password }, headers });

test("the handle is found in any case, the password only as it is", async () => {
  start();
  const ana = await Person.signUp(server, "ana");
  const { status, body } = await logIn("ANA");
  expect(status).toBe(201);
  expect(body.account.user).toBe(ana.user);
  expect((await logIn("ana", goodPassword.toUpperCase())).body.error.code).toBe("wrong_credentials");
});

test("an unknown handle and a wrong password are answered alike, after the same work", async () => {
  const verified: boolean[] = [];
  start({
    passwords: {
      hash: async (password) => `hash of ${password}`,
      verify: async (password, hash) => {
        verified.push(hash === null);
        return hash === `hash of ${password}`;
      },
    },
  });
  await Person.signUp(server, "ana");
  const wrong = await logIn("ana", "not the password");
  const unknown = await logIn("nobody", "not the password");
  const impossible = await logIn("No Such/Handle", "not the password");
  expect(wrong.status).toBe(401);
  expect([unknown.status, unknown.body]).toEqual([wrong.status, wrong.body]);
  expect([impossible.status, impossible.body]).toEqual([wrong.status, wrong.body]);
  expect(verified).toEqual([false, true, true]);
});

test("who guesses one account's password from many addresses is slowed down; who knows it is not counted", async () => {
  let address = 0;
  start({ config: { logInsPerMinute: 3 }, addressOf: () => `198.51.100.${++address % 250}` });
  await Person.signUp(server, "ana");
  await Person.signUp(server, "bo");
  for (let i = 0; i < 10; i++) expect((await logIn("ana")).status).toBe(201);
  for (let i = 0; i < 3; i++) expect((await logIn("ana", "a wrong guess")).status).toBe(401);
  const fourth = await logIn("ana", "a wrong guess");
  expect([fourth.status, fourth.body.error.code]).toEqual([429, "rate_limited"]);
  expect(fourth.body.error.retryAfterMs).toBeLessThanOrEqual(minuteMs);
  expect((await logIn("bo")).status).toBe(201);
});

test("who guesses many accounts' passwords from one address is slowed down; others are not", async () => {
  start({
    config: { logInsPerMinute: 3 },
    addressOf: (request) => request.headers.get("x-test-address") ?? "192.0.2.1",
  });
  await Person.signUp(server, "ana");
  for (const handle of ["a1", "a2", "a3"]) expect((await logIn(handle)).status).toBe(401);
  expect((await logIn("ana")).status).toBe(429);
  expect((await logIn("ana", goodPassword, { "x-test-address": "192.0.2.2" })).status).toBe(201);
});

test("a storm of log-ins hashes so many at once, queues so many, and answers the rest at once", async () => {
  const storm = 200;
  let running = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  const passwords: Passwords = {
    hash: async (password) => password,
    verify: async () => {
      most = Math.max(most, ++running);
      await gate.promise;
      running--;
      return true;
    },
  };
  start({ passwords, config: { hashConcurrency: 2 } });
  await Person.signUp(server, "ana");
  const answered: number[] = [];
  const all = Promise.all(
    Array.from({ length: storm }, async () => {
      const { status, body } = await logIn("ana");
      answered.push(status);
      return { status, code: body.error?.code, retryAfterMs: body.error?.retryAfterMs };
    }),
  );
  // 2 at work and 64 waiting; nobody of them is answered before the gate opens.
  const refusedOnes = storm - 2 - 64;
  const deadline = Date.now() + 5000;
  while (answered.length < refusedOnes && Date.now() < deadline) await ask(server, "GET", "/v1/server");
  expect(answered).toEqual(Array.from({ length: refusedOnes }, () => 503));
  gate.resolve();
  const answers = await all;
  expect(most).toBe(2);
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(66);
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    expect(answer.code).toBe("overloaded");
    expect(answer.retryAfterMs).toBeGreaterThan(0);
  }
});

test("requests without a session are counted by address, with one by session", async () => {
  start({ config: { requestsPerMinute: 5 } });
  const ana = await Person.signUp(server, "ana");
  for (let i = 0; i < 4; i++) expect((await ask(server, "GET", "/v1/server")).status).toBe(200);
  expect((await ask(server, "GET", "/v1/server")).body.error.code).toBe("rate_limited");
  expect((await ask(server, "GET", "/v1/me", { token: "bt1_wrong" })).status).toBe(429);
  for (let i = 0; i < 5; i++) expect((await ana.ask("GET", "/v1/me")).status).toBe(200);
  expect((await ana.ask("GET", "/v1/me")).status).toBe(429);
});
