// Bots: made by people, connected by their token, listed as what they are, and silenced by their maker alone.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { httpLimits } from "#protocol/limits.ts";
import { type ApiTestServer, startApi } from "./api-server.ts";
import { ask, goodPassword, Person } from "./person.ts";

let server: ApiTestServer;
let ana: Person;
let bo: Person;

beforeAll(async () => {
  server = startApi();
  ana = await Person.signUp(server, "ana");
  bo = await Person.signUp(server, "bo");
});

afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.stop();
});

async function make(maker: Person, handle: string, displayName?: string) {
  const made = await maker.ask("POST", "/v1/bots", { handle, ...(displayName ? { displayName } : {}) });
  expect(made.status).toBe(201);
  const { bot, token } = made.body;
  return new Person(server, bot.user, handle, "", token);
}

test("a bot is found by its name as a bot, and its token speaks for it", async () => {
  const bot = await make(ana, "weather", "Weather");
  expect(await bot.get("/v1/me")).toMatchObject({
    account: { handle: "weather", isBot: true, isOwner: false },
  });
  const { users } = await bo.get("/v1/users?q=weather");
  expect(users).toEqual([{ user: bot.user, handle: "weather", displayName: "Weather", isBot: true }]);
  expect((await bo.get("/v1/me")).account.isBot).toBe(false);
  const room = await bo.create("group", [bot], "Picnic");
  expect(await bot.send(room, "It will rain.")).toBe(1);
  expect((await ana.get("/v1/bots")).bots).toMatchObject([{ user: bot.user }]);
  expect((await bo.get("/v1/bots")).bots).toEqual([]);
});

test("a bot makes no bots, has no password and sets none", async () => {
  const bot = await make(bo, "clerk");
  expect(await bot.ask("POST", "/v1/bots", { handle: "clerk.2" })).toMatchObject({
    status: 403,
    body: { error: { code: "not_allowed" } },
  });
  const body = { current: "*", next: goodPassword };
  expect(await bot.ask("PUT", "/v1/me/password", body)).toMatchObject({ status: 403 });
  for (const password of ["*", "", goodPassword])
    expect(await ask(server, "POST", "/v1/sessions", { body: { handle: "clerk", password } })).toMatchObject({
      status: 401,
      body: { error: { code: "wrong_credentials" } },
    });
});

test("a new token ends the old one, silence ends all, and both are the maker's alone", async () => {
  const bot = await make(ana, "herald");
  const path = `/v1/bots/${bot.user}/token`;
  for (const method of ["POST", "DELETE"]) expect((await bo.ask(method, path)).status).toBe(404);
  expect((await bot.ask("GET", "/v1/me")).status).toBe(200);

  const renewed = await ana.ask("POST", path);
  expect(renewed.status).toBe(201);
  expect((await bot.ask("GET", "/v1/me")).status).toBe(401);
  const again = new Person(server, bot.user, "herald", "", renewed.body.token);
  expect((await again.get("/v1/me")).account.handle).toBe("herald");

  expect((await ana.ask("DELETE", path)).status).toBe(204);
  expect((await again.ask("GET", "/v1/me")).status).toBe(401);
});

test("a person has so many bots; names are bound as people's are", async () => {
  const maker = await Person.signUp(server, "maker");
  for (let n = 0; n < httpLimits.botsMax; n++) await make(maker, `maker.${n}`);
  const codeOf = async (handle: string, who = maker) =>
    (await who.ask("POST", "/v1/bots", { handle })).body.error.code;
  expect(await codeOf("one.more")).toBe("too_many");
  expect(await codeOf("maker.1", ana)).toBe("handle_taken");
  expect(await codeOf("no spaces", ana)).toBe("invalid_handle");
  await make(ana, "one.more");
});
