// The API keeps what its OpenAPI document says, for requests that nobody would think of: never a 5xx, always a
// documented status with a body of its schema and not a field more, and nothing of others' conversations.

import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { type ApiTestServer, startApi } from "#tests/api/api-server.ts";
import { type Operation, operationsOf } from "#tests/api/operations.ts";
import { ask, Person } from "#tests/api/person.ts";
import { openApiPath, openApiText } from "./openapi-file.ts";
import { type Judge, openJudge } from "./openapi-judge.ts";
import { nastyTexts, nastyValues, type Schema, valuesOf } from "./openapi-values.ts";

const seed = 20261123;
const requests = 3_000;
const secret = "only-for-the-members-of-this-conversation";

let server: ApiTestServer;
let document: { components: object };
let operations: readonly Operation[];
let judge: Judge;
/** ana and bo meet in conversations; eve is put into none, but knows all their ids. */
let people: { ana: Person; bo: Person; eve: Person };
/** Whose handle and password are among the values. */
const dora = { handle: "dora", password: "the forest at night" };
let ids: { ofPeople: string[]; ofConversations: string[]; ofBots: string[] };

beforeAll(async () => {
  server = startApi();
  document = server.describe() as typeof document;
  operations = operationsOf(document);
  judge = openJudge(document);
  const [ana, bo, eve] = [
    await Person.signUp(server, "ana"),
    await Person.signUp(server, "bo"),
    await Person.signUp(server, "eve"),
  ];
  people = { ana, bo, eve };
  const made = [await ana.create("direct", [bo])];
  // Some: members leave, and a group that everyone has left answers nothing more.
  for (let i = 0; i < 6; i++) made.push(await ana.create("group", [bo], `${secret} ${i}`));
  for (const conversation of made) for (let i = 0; i < 5; i++) await ana.send(conversation, `${secret} ${i}`);
  await ask(server, "POST", "/v1/accounts", { body: dora });
  ids = {
    ofBots: [],
    ofPeople: [ana.user, bo.user, ana.session],
    ofConversations: [
      ...made,
      await bo.create("channel", [], "Everybody"),
      "01938a4e-7c1f-7d3a-9b52-3f6f1d2c4a5b",
    ],
  };
  for (const maker of [ana, bo]) {
    const bot = await maker.ask("POST", "/v1/bots", { handle: `helper-of-${maker.handle}` });
    ids.ofBots.push(bot.body.bot.user);
  }
});

afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.stop();
});

test("the document on disk is the one that the code gives", async () => {
  const onDisk = await Bun.file(openApiPath).text();
  if (onDisk !== (await openApiText())) {
    throw new Error(
      "docs/generated/openapi.json is old: bun tests/conformance/openapi-file.ts writes it anew",
    );
  }
});

test("every operation is named, described and gives every status that all may give", () => {
  const names = operations.map((operation) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { operationId, path, parameters, responses } of operations) {
    expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
    const inPath = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
    expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!));
    for (const status of ["429", "500", "503"]) expect(Object.keys(responses)).toContain(status);
    for (const response of Object.values(responses)) expect(response).toHaveProperty("description");
  }
});

interface Wish {
  readonly operation: Operation;
  readonly by: "ana" | "bo" | "eve" | "nobody" | "a stranger";
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly body: string | undefined;
  readonly type: string;
}

function wishes(): fc.Arbitrary<Wish> {
  return fc.constantFrom(...operations).chain((operation) =>
    fc.record({
      operation: fc.constant(operation),
      by: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom("ana", "bo", "eve") },
        { weight: 1, arbitrary: fc.constantFrom("nobody", "a stranger") },
      ) as fc.Arbitrary<Wish["by"]>,
      parameters: parametersOf(operation),
      body: bodyOf(operation),
      type: mostly(
        fc.constant("application/json"),
        fc.constantFrom("text/plain", "application/x-www-form-urlencoded", ""),
      ),
    }),
  );
}

function mostly<T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: bad });
}

function parametersOf(operation: Operation): fc.Arbitrary<Record<string, unknown>> {
  const fields = operation.parameters.map(({ name, schema }) => {
    const isConversation = name === "conversation" || name === "after";
    const ofUsers = operation.path.startsWith("/v1/bots/") ? ids.ofBots : ids.ofPeople;
    const known = { ...dora, ids: isConversation ? ids.ofConversations : ofUsers };
    return [name, mostly(valuesOf(schema as Schema, document.components, known), nastyTexts)];
  });
  const required = operation.parameters.filter((one) => one.required).map((one) => one.name);
  return fc.record(Object.fromEntries(fields), { requiredKeys: required as never[] });
}

function bodyOf(operation: Operation): fc.Arbitrary<string | undefined> {
  if (operation.method === "GET") return fc.constant(undefined);
  if (operation.body === null) return mostly(fc.constant(undefined), fc.constant("{}"));
  const good = valuesOf(operation.body as Schema, document.components, { ...dora, ids: ids.ofPeople });
  const spoiled = fc
    .tuple(good, fc.nat(), nastyValues)
    .map(([value, at, bad]) => spoil(value as object, at, bad));
  const asJson = (value: unknown) => JSON.stringify(value);
  return fc.oneof(
    { weight: 6, arbitrary: good.map(asJson) },
    { weight: 3, arbitrary: spoiled.map(asJson) },
    { weight: 1, arbitrary: fc.oneof(nastyTexts, nastyValues.map(asJson)) },
  );
}

function spoil(value: object, at: number, bad: unknown): object {
  const names = Object.keys(value);
  return names.length === 0 ? value : { ...value, [names[at % names.length]!]: bad };
}

function urlOf({ operation, parameters }: Wish): string {
  let path = operation.path;
  const query = new URLSearchParams();
  for (const { name, in: place } of operation.parameters) {
    const value = parameters[name];
    if (value === undefined) continue;
    if (place === "query") query.set(name, String(value));
    else path = path.replace(`{${name}}`, segment(String(value)));
  }
  return `${server.url}${path}?${query}`;
}

/** One segment that stays one: neither empty nor a step up. */
function segment(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  return /^(\.|%2e)*$/i.test(encoded) ? "x" : encoded;
}

async function tokenOf(by: Wish["by"]): Promise<string | null> {
  if (by === "nobody") return null;
  if (by === "a stranger") return `bt1_${"A".repeat(86)}`;
  // Requests before this one may have ended the session.
  const isLive = (await people[by].ask("GET", "/v1/me")).status === 200;
  if (!isLive) people[by] = await people[by].logIn();
  return people[by].token;
}

test("whatever is asked, the answer is documented, and nobody sees what is not theirs", async () => {
  const seen = new Map(operations.map((operation) => [operation.operationId, { good: 0, refused: 0 }]));
  const answers = fc.asyncProperty(wishes(), async (wish) => {
    const token = await tokenOf(wish.by);
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (token !== null) headers.authorization = `Bearer ${token}`;
    if (wish.type !== "" && wish.body !== undefined) headers["content-type"] = wish.type;
    const response = await fetch(urlOf(wish), {
      method: wish.operation.method,
      headers,
      ...(wish.body === undefined ? {} : { body: wish.body }),
    });
    const text = await response.text();
    const { status } = response;
    const contentType = response.headers.get("content-type");
    expect(judge(wish.operation, { status, contentType, text })).toEqual([]);
    expect(text).not.toMatch(/argon2|passwordHash|secretHash|tokenHash|\.ts:\d/);
    if (wish.by === "eve" || token === null || wish.by === "a stranger") expect(text).not.toContain(secret);
    const count = seen.get(wish.operation.operationId)!;
    if (status < 300) count.good++;
    else count.refused++;
  });
  await fc.assert(answers, { seed, numRuns: requests, endOnFailure: true });
  // Otherwise the requests would prove little: each operation must have been done, and refused.
  const hardlyMet = [...seen].filter(
    ([name, { good, refused }]) =>
      (good === 0 && name !== "changePassword") || (refused === 0 && name !== "serverInfo"),
  );
  expect(hardlyMet).toEqual([]);
}, 120_000);

test("the judge finds an undocumented status, a wrong field, a field too many, and a 5xx", () => {
  const me = operations.find((operation) => operation.operationId === "me")!;
  const who = { user: people.ana.user, handle: "ana", displayName: "Ana" };
  const account = { ...who, isOwner: true, isBot: false, createdAt: 1 };
  const body = { account, session: people.ana.session };
  const judged = (status: number, value: unknown, contentType = "application/json") =>
    judge(me, { status, contentType, text: JSON.stringify(value) }).length > 0;
  expect(judged(200, body)).toBe(false);
  expect(judged(201, body)).toBe(true);
  expect(judged(200, body, "text/html")).toBe(true);
  expect(judged(200, { account })).toBe(true);
  expect(judged(200, { ...body, account: { ...account, createdAt: "now" } })).toBe(true);
  expect(judged(200, { ...body, account: { ...account, passwordHash: "x" } })).toBe(true);
  expect(judged(401, { error: { code: "not_authenticated", message: "no" } })).toBe(false);
  expect(judged(401, { error: { code: "wrong_password", message: "no" } })).toBe(true);
  expect(judged(500, { error: { code: "internal", message: "no" } })).toBe(true);
});
