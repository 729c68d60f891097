// What goes through a server leaves no trace in its log and metrics: messages, passwords and tokens.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { createLog } from "#app/telemetry/log.ts";
import { converse, http, logIn, newName, signUp, WireClient } from "#tests/conformance/wire-client.ts";
import { startServer, type TestServer } from "#tests/server.ts";

const password = "correct battery 17";
const wrongPassword = "a wrong secret 4711";
const text = "the treasure lies under the third root";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ args: ["--preset", "test", "--log-level", "trace"] });
});
afterAll(async () => {
  await server.stop();
});

test("[L10] no message text, password or token stands in the log or the metrics", async () => {
  const ann = await signUp(server.url, "ann");
  const ben = await signUp(server.url, "ben");
  const conversation = await converse(server.url, ann, "group", [ben]);
  const client = await WireClient.join(server.url, ann.token);
  const { seq } = await client.ack({ kind: "send", conversation, name: newName(), text });
  await client.ack({ kind: "edit", conversation, seq, text: `${text}, edited` });
  await client.refusal({ kind: "edit", conversation, seq: seq + 1, text });
  await client.refusal({ kind: "send", conversation, name: newName(), text: text.repeat(1000) });
  client.sendRaw(`{"kind":"send","text":"${text}"`);
  await client.next("refused", (frame) => frame.code === "bad_frame");
  await http(server.url, "POST", "/v1/sessions", undefined, { handle: "ann", password: wrongPassword });
  await http(server.url, "POST", "/v1/accounts", undefined, { handle: "ann", password });
  await http(server.url, "GET", `/v1/users?q=${encodeURIComponent(text)}`, ann.token);
  await http(server.url, "GET", "/v1/me", `${ann.token.slice(0, -4)}AAAA`);
  client.close();
  const again = await logIn(server.url, "ann");

  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain("banyan_accounts_created_total 2");
  expect(metrics).toContain('banyan_conversations_created_total{kind="group"} 1');
  expect(metrics).toMatch(/banyan_group_sends_count [1-9]/);
  const traces = `${server.output()}\n${metrics}`;
  for (const secret of [
    text,
    "third root",
    password,
    wrongPassword,
    ann.token,
    again.token,
    ben.token.slice(-20),
  ])
    expect(traces).not.toContain(secret);
});

test("[L10] an error of the database that quotes values is told without its text", () => {
  const lines: string[] = [];
  const log = createLog({ logLevel: "info", logFormat: "json" }, (line) => lines.push(line));
  const quoting = Object.assign(new Error(`invalid input: "${text}"`), { errno: "22P02" });
  log.error("the store did not answer", quoting);
  log.error("the store did not answer", text);
  expect(lines).toHaveLength(2);
  expect(lines.join("")).not.toContain("treasure");
  expect(lines[0]).toContain("22P02");
});

test("an error that quotes nothing keeps its text and its place", () => {
  const lines: string[] = [];
  const log = createLog({ logLevel: "info", logFormat: "json" }, (line) => lines.push(line));
  log.error("did not close well", new Error("socket gone"));
  expect(JSON.parse(lines[0]!)).toMatchObject({
    detail: "socket gone",
    stack: expect.stringContaining("secrets.test"),
  });
});
