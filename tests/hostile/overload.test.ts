// More messages than can be committed: refusals with a time, until it is over.

import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  converse,
  newName,
  type Of,
  type SignedUp,
  signUp,
  WireClient,
} from "#tests/conformance/wire-client.ts";
import { until } from "#tests/parts/until.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs } from "#tests/topology.ts";

let server: TestServer;
let person: SignedUp;

beforeAll(async () => {
  const limits = ["--lane-queue-max", "2", "--group-sends-max", "1"];
  server = await startServer({
    args: [...limits, "--commands-per-second", "10000", "--commands-burst", "10000"],
  });
  person = await signUp(server.url, "busy");
}, startWithinMs);
afterAll(() => server.stop(), startWithinMs);

test("[W30] who was told that there is too much to do is told so again until its time, and then is served", async () => {
  const id = await converse(server.url, person, "group", []);
  const client = await WireClient.join(server.url, person.token);
  const bystander = await WireClient.join(server.url, person.token);
  const many = 60;
  for (let i = 1_001; i <= 1_000 + many; i++)
    client.send({ kind: "send", id: i, conversation: id, name: newName(), text: "more" });
  const answers = () =>
    client.frames.filter((frame) => frame.kind === "ack" || frame.kind === "refused") as (
      | Of<"ack">
      | Of<"refused">
    )[];
  await client.until(() => (answers().length >= many ? true : undefined), "all answers");
  const refused = answers().filter((frame) => frame.kind === "refused");
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["overloaded"]));
  const longest = Math.max(...refused.map(({ retryAfterMs }) => retryAfterMs ?? 0));
  expect(longest).toBeGreaterThan(0);
  const again = await client.ask({ kind: "send", conversation: id, name: newName(), text: "too soon" });
  expect(again.kind === "refused" && again.code === "overloaded" && again.retryAfterMs! <= longest).toBe(
    true,
  );
  // Nobody else is held, and neither is what writes nothing.
  await bystander.ack({ kind: "send", conversation: id, name: newName(), text: "from another session" });
  expect((await client.ask({ kind: "since", conversation: id, rev: 0, seq: 0 })).kind).toBe("caughtUp");
  const inTime = { kind: "send", conversation: id, name: newName(), text: "in time" } as const;
  const isServed = async () => (await client.ask(inTime)).kind === "ack";
  await until("the session is served again", isServed, longest + 5_000);
  client.close();
  bystander.close();
}, 30_000);
