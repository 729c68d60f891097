// Small questions with large answers: what one session asks for must not cost the others their time.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { converse, newName, type SignedUp, signUp, WireClient } from "#tests/conformance/wire-client.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs } from "#tests/topology.ts";
import { besideBystanders, watchMemory } from "./bystanders.ts";
import { RawSocket } from "./raw-socket.ts";

let server: TestServer;
let mallory: SignedUp;
let conversation: string;

beforeAll(async () => {
  server = await startServer({ args: ["--commands-per-second", "50", "--commands-burst", "1000"] });
  mallory = await signUp(server.url, "mallory");
  conversation = await converse(server.url, mallory, "group", []);
  const client = await WireClient.join(server.url, mallory.token);
  // Random letters do not compress well: the dearest text to pack.
  const text = () => Buffer.from(crypto.getRandomValues(new Uint8Array(12_000))).toString("base64");
  for (let i = 0; i < 450; i += 50) {
    const sends = Array.from({ length: 50 }, () =>
      client.ack({ kind: "send", conversation, name: newName(), text: text() }),
    );
    await Promise.all(sends);
  }
  client.close();
}, 2 * startWithinMs);
afterAll(() => server.stop(), startWithinMs);

test("[L9] who asks again and again for the largest catch-up slows nobody else down", async () => {
  await besideBystanders(server, "since", async () => {
    const greedy = await WireClient.join(server.url, mallory.token);
    const asks = Array.from({ length: 60 }, () =>
      greedy.ask({ kind: "since", conversation, rev: 0, seq: 0 }),
    );
    const answers = await Promise.all(asks);
    const caughtUp = answers.flatMap((answer) => (answer.kind === "caughtUp" ? [answer] : []));
    expect(caughtUp.length).toBeGreaterThan(0);
    for (const answer of caughtUp) expect(answer).toMatchObject({ reset: true, changes: [] });
    const refused = answers.flatMap((answer) => (answer.kind === "refused" ? [answer] : []));
    expect(refused.length).toBeGreaterThan(0);
    for (const { code, retryAfterMs } of refused)
      expect([code, retryAfterMs! > 0]).toEqual(["rate_limited", true]);
    greedy.close();
  });
}, 60_000);

test("[L9] who reads the largest pages over HTTP, twenty at a time, slows nobody else down", async () => {
  const paths = [`messages?limit=200`, `changes?rev=0&seq=0`].map(
    (it) => `/v1/conversations/${conversation}/${it}`,
  );
  await besideBystanders(server, "pages", async () => {
    const headers = { authorization: `Bearer ${mallory.token}` };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => fetch(server.url + paths[i % 2], { headers })),
    );
    for (const answer of answers) expect([200, 429]).toContain(answer.status);
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  });
}, 60_000);

test("[W32] [L6] who asks and does not read the answers is closed, and its queue stays bounded", async () => {
  const small = await converse(server.url, mallory, "group", []);
  const client = await WireClient.join(server.url, mallory.token);
  const text = () => Buffer.from(crypto.getRandomValues(new Uint8Array(12_000))).toString("base64");
  for (let i = 0; i < 15; i++) {
    await client.ack({ kind: "send", conversation: small, name: newName(), text: text() });
  }
  client.close();
  await besideBystanders(server, "deaf", async () => {
    const deaf = await RawSocket.upgraded(server);
    deaf.frame(1, JSON.stringify({ kind: "hello", version: 1, token: mallory.token }));
    await deaf.until(() => deaf.text.includes("welcome") || deaf.text.includes("packed"), 5_000);
    deaf.stopReading();
    const grownBytes = watchMemory(server);
    // Kernel buffers of both sides come first; the same questions by a reader show how far the server is.
    const since = { kind: "since", conversation: small, rev: 0, seq: 0 } as const;
    const reader = await WireClient.join(server.url, mallory.token);
    for (let round = 0; round < 3; round++) {
      for (let id = 1; id <= 60; id++) deaf.frame(1, JSON.stringify({ ...since, id }));
      for (let i = 0; i < 65; i++) expect((await reader.ask(since)).kind).toBe("caughtUp");
    }
    reader.close();
    expect(grownBytes()).toBeLessThan(100 * 1024 * 1024);
    deaf.goOnReading();
    await deaf.ended(20_000);
    // The close frame may find no room either.
    expect([4009, null]).toContain(deaf.closeCode());
  });
}, 60_000);
