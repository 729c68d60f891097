// Whatever has the wrong form gets a clear answer from the closed list; a store that is down gets a hint when to
// come back; nothing of the inside is ever told.

import { afterEach, expect, test } from "bun:test";
import { request } from "node:http";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import type { Fault } from "#adapters/memory/access.ts";
import { httpLimits } from "#protocol/limits.ts";
import { type ApiServerOptions, type ApiTestServer, startApi } from "./api-server.ts";
import { operationsOf } from "./operations.ts";
import { ask, goodPassword, Person } from "./person.ts";

let server: ApiTestServer;

function start(options: ApiServerOptions = {}): void {
  server = startApi(options);
}

afterEach(async () => {
  expect(server.failures).toEqual([]);
  await server.stop();
});

async function raw(
  method: string,
  path: string,
  init: { headers?: Record<string, string>; body?: string | ReadableStream } = {},
) {
  const response = await fetch(server.url + path, { method, ...init });
  const body = (await response.json()) as { error: { code: string; message: string } };
  return [response.status, body.error.code];
}

test.each([
  ["no JSON", "{", "application/json", 400, "bad_json"],
  ["JSON that is no object", "[]", "application/json", 400, "bad_request"],
  ["null", "null", "application/json", 400, "bad_request"],
  ["very deep JSON", "[".repeat(60_000), "application/json", 400, "bad_json"],
  ["a form", "handle=ana", "application/x-www-form-urlencoded", 415, "unsupported_media_type"],
  ["plain text", "{}", "text/plain", 415, "unsupported_media_type"],
  ["a wrong type", '{"handle":1,"password":"x"}', "application/json", 400, "bad_request"],
  ["a missing field", '{"handle":"ana"}', "application/json; charset=utf-8", 400, "bad_request"],
  ["U+0000", '{"handle":"a\\u0000","password":"x"}', "application/json", 400, "bad_request"],
  ["a lone surrogate", '{"handle":"a\\ud800","password":"x"}', "application/json", 400, "bad_request"],
])("%s", async (_, body, type, status, code) => {
  start();
  expect(await raw("POST", "/v1/sessions", { body, headers: { "content-type": type } })).toEqual([
    status,
    code,
  ]);
});

test("no body, and no content type", async () => {
  start();
  expect(await raw("POST", "/v1/sessions")).toEqual([400, "bad_request"]);
});

test("a body that is too large, told beforehand or not, is not read to its end", async () => {
  start();
  const headers = { "content-type": "application/json" };
  const large = `{"handle":"${"x".repeat(httpLimits.bodyBytesMax)}"}`;
  expect(await raw("POST", "/v1/sessions", { body: large, headers })).toEqual([413, "too_large"]);
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent++;
      controller.enqueue(new Uint8Array(16 * 1024).fill(0x78));
      if (sent > 2_000) controller.error(new Error("the server wanted all of it"));
    },
  });
  expect(await raw("POST", "/v1/sessions", { body: endless, headers })).toEqual([413, "too_large"]);
  expect(sent).toBeLessThan(2_000);
});

test("unknown fields and parameters are ignored, also dangerous ones", async () => {
  start();
  const body = `{"handle":"ana","password":"${goodPassword}","isOwner":true,"__proto__":{"x":1},"constructor":1}`;
  const response = await fetch(`${server.url}/v1/accounts?__proto__=1&x[]=2`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
  });
  expect(response.status).toBe(201);
  expect(({} as { x?: number }).x).toBeUndefined();
});

test("an unknown path and a wrong method", async () => {
  start();
  for (const path of ["/v1", "/v1/", "/v1/nothing", "/v1/users/x", "/v1//users", "/v1/%00", "/v1/%ff"]) {
    expect(await raw("GET", path)).toEqual([404, "not_found"]);
  }
  const response = await fetch(`${server.url}/v1/accounts`, { method: "PUT" });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  expect(await raw("DELETE", "/v1/conversations")).toEqual([405, "method_not_allowed"]);
  expect(await raw("OPTIONS", "/v1/me")).toEqual([405, "method_not_allowed"]);
});

test("bounds of numbers and lists in queries", async () => {
  start();
  const ana = await Person.signUp(server, "ana");
  const group = await ana.create("group", [], "Trees");
  const history = `/v1/conversations/${group}/messages`;
  for (const query of [
    "limit=0",
    "limit=201",
    "limit=x",
    "limit=1.5",
    "limit=",
    "before=-1",
    "before=2147483648",
    "around=NaN",
    "after=Infinity",
  ]) {
    const answer = await ana.ask("GET", `${history}?${query}`);
    expect([query, answer.status, answer.body.error?.code]).toEqual([query, 400, "bad_request"]);
  }
  const many = Array(201).fill(ana.user).join(",");
  expect((await ana.ask("GET", `/v1/users?ids=${many}`)).status).toBe(400);
  expect((await ana.ask("GET", "/v1/users?ids=nobody")).status).toBe(400);
  expect((await ana.ask("GET", "/v1/users?q=%00")).status).toBe(400);
  expect((await ana.ask("GET", `/v1/users?q=${"x".repeat(101)}`)).status).toBe(400);
  expect((await ana.ask("GET", `/v1/conversations/${group.toUpperCase()}`)).status).toBe(400);
});

test("a store that is down: 503 with a hint, from every operation, and nothing of the inside", async () => {
  let fault: Fault = "none";
  start({ hooks: { fault: () => fault } });
  const ana = await Person.signUp(server, "ana");
  const nowhere = "01938a4e-7c1f-7d3a-9b52-3f6f1d2c4a5b";
  const bodies: Record<string, object> = {
    signUp: { handle: "bo", password: goodPassword },
    logIn: { handle: "ana", password: goodPassword },
    renameMe: { displayName: "Ana" },
    changePassword: { current: goodPassword, next: "another password" },
    createConversation: { kind: "group", title: "Trees" },
    renameConversation: { title: "Trees" },
    addMembers: { users: [nowhere] },
    setRole: { role: "admin" },
    invite: {},
  };
  for (const fails of ["before", "after"] as const) {
    for (const { operationId, method, path } of operationsOf(server.describe())) {
      // Once somebody has signed up, this one asks the store no more.
      if (operationId === "serverInfo") continue;
      fault = fails;
      const query = operationId === "changesSince" ? "?rev=0&seq=0" : "";
      const answer = await ana.ask(method, path.replaceAll(/\{\w+\}/g, nowhere) + query, bodies[operationId]);
      fault = "none";
      expect([operationId, answer.status, answer.body.error.code]).toEqual([operationId, 503, "unavailable"]);
      expect(answer.body.error.retryAfterMs).toBeGreaterThan(0);
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(JSON.stringify(answer.body)).not.toMatch(/commit|accounts\.|\.ts|stack/);
    }
  }
});

test("a bug is answered without its text, and noted", async () => {
  const bug = new TypeError("secret inside");
  const broken = startApi({
    passwords: {
      hash: async () => {
        throw bug;
      },
      verify: async () => false,
    },
  });
  const answer = await ask(broken, "POST", "/v1/accounts", {
    body: { handle: "ana", password: goodPassword },
  });
  expect([answer.status, answer.body.error.code]).toEqual([500, "internal"]);
  expect(JSON.stringify(answer.body)).not.toContain("secret");
  expect(broken.failures).toEqual([bug]);
  await broken.stop();
  start();
});

test("answers above 1 KiB are compressed as the client accepts it", async () => {
  start();
  const ana = await Person.signUp(server, "ana");
  const group = await ana.create("group", [], "Trees");
  for (let i = 0; i < 30; i++) await ana.send(group, "the same words again and again");
  const path = `/v1/conversations/${group}/messages`;
  const plain = await bytesOf(path, "identity", ana.token);
  expect([plain.encoding, plain.vary]).toEqual([undefined, "Accept-Encoding"]);
  const gzip = await bytesOf(path, "br, gzip;q=0.5, zstd;q=0", ana.token);
  expect([gzip.encoding, gunzipSync(gzip.body).toString()]).toEqual(["gzip", plain.body.toString()]);
  const zstd = await bytesOf(path, "gzip, zstd", ana.token);
  expect([zstd.encoding, zstdDecompressSync(zstd.body).toString()]).toEqual(["zstd", plain.body.toString()]);
  expect(zstd.body.length).toBeLessThan(plain.body.length / 4);
  const small = await bytesOf("/v1/server", "gzip, zstd", ana.token);
  expect(small.encoding).toBeUndefined();
});

/** As it is on the wire: fetch would unpack it. */
function bytesOf(path: string, accept: string, token: string) {
  const answer = Promise.withResolvers<{ body: Buffer; encoding?: string; vary?: string }>();
  const headers = { "accept-encoding": accept, authorization: `Bearer ${token}` };
  request(server.url + path, { headers }, (response) => {
    const parts: Buffer[] = [];
    response.on("data", (part) => parts.push(part));
    response.on("end", () => {
      const { "content-encoding": encoding, vary } = response.headers;
      answer.resolve({
        body: Buffer.concat(parts),
        ...(encoding === undefined ? {} : { encoding }),
        ...(vary === undefined ? {} : { vary }),
      });
    });
  })
    .on("error", answer.reject)
    .end();
  return answer.promise;
}

test("answers may not be kept, framed or taken for something else", async () => {
  start();
  for (const path of ["/v1/server", "/v1/me", "/v1/nothing"]) {
    const { headers } = await ask(server, "GET", path);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  }
});

test("the page that explains the API comes from this server alone", async () => {
  start();
  const page = await fetch(`${server.url}/v1/docs`);
  const html = await page.text();
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const policy = page.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(html).not.toMatch(/https?:/);
  const assets = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!);
  expect(assets).toHaveLength(3);
  for (const asset of assets) {
    const found = await fetch(server.url + asset);
    expect(found.status).toBe(200);
    expect((await found.text()).length).toBeGreaterThan(50);
  }
  expect(((await (await fetch(`${server.url}/v1/openapi.json`)).json()) as { openapi: string }).openapi).toBe(
    "3.1.0",
  );
});
