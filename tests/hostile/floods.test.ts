// Too much of everything: frames, sockets without hello, requests, half-sent handshakes, readers that do not read.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { limits } from "#protocol/limits.ts";
import {
  converse,
  http,
  newName,
  type SignedUp,
  signUp,
  WireClient,
} from "#tests/conformance/wire-client.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs } from "#tests/topology.ts";
import { besideBystanders, watchMemory } from "./bystanders.ts";
import { handshake, RawSocket } from "./raw-socket.ts";

const MiB = 1024 * 1024;
let server: TestServer;
let mallory: SignedUp;

beforeAll(async () => {
  server = await startServer();
  mallory = await signUp(server.url, "mallory");
}, startWithinMs);
afterAll(() => server.stop(), startWithinMs);

test("[W14] [W29] a session that floods is told to slow down, then closed with 4008", async () => {
  await besideBystanders(server, "flood", async () => {
    const id = await converse(server.url, mallory, "group", []);
    const client = await WireClient.join(server.url, mallory.token);
    for (let i = 1; i <= 5_000; i++) {
      client.send({ kind: "send", id: i, conversation: id, name: newName(), text: "flood" });
    }
    expect((await client.closed()).code).toBe(4008);
    const refusals = client.frames.flatMap((frame) => (frame.kind === "refused" ? [frame] : []));
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(["rate_limited"]));
    const acked = client.frames.filter(({ kind }) => kind === "ack").length;
    const { body } = await http(server.url, "GET", `/v1/conversations/${id}`, mallory.token);
    expect(body.lastSeq).toBeGreaterThanOrEqual(acked);
    expect(body.lastSeq).toBeLessThan(1_000);
  });
}, 60_000);

test("[W5] [L9] two thousand sockets without hello cost little, and all are closed", async () => {
  await besideBystanders(server, "silent", async () => {
    const grownBytes = watchMemory(server);
    const silent: RawSocket[] = [];
    for (let i = 0; i < 20; i++) {
      silent.push(...(await Promise.all(Array.from({ length: 100 }, () => RawSocket.upgraded(server)))));
    }
    expect(grownBytes()).toBeLessThan(64 * MiB);
    const whole = await WireClient.join(server.url, mallory.token);
    await Promise.all(silent.map((raw) => raw.ended(limits.helloWithinMs + 10_000)));
    await whole.pong();
    whole.close();
  });
}, 60_000);

test("[L9] handshakes and requests that never end are given up", async () => {
  await besideBystanders(server, "loris", async () => {
    const slow = await Promise.all(Array.from({ length: 200 }, () => RawSocket.open(server)));
    slow.forEach((raw, i) => {
      if (i % 3 === 0) raw.write("GET /v1/server HTTP/1.1\r\nHost: localhost\r\nX-A:");
      else if (i % 3 === 1) raw.write(handshake("banyan.v1.json").slice(0, -3));
      else raw.write("POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{");
    });
    const dripping = setInterval(() => {
      for (const raw of slow) raw.write("a");
    }, 1_000);
    const quick = await http(server.url, "GET", "/v1/server");
    expect(quick.status).toBe(200);
    clearInterval(dripping);
    await Promise.all(slow.map((raw) => raw.ended(40_000)));
  });
}, 60_000);

test("[L9] oversized and malformed HTTP is answered with an error of the list, and memory stays", async () => {
  await besideBystanders(server, "http", async () => {
    const grownBytes = watchMemory(server);
    const bodies = [
      "x".repeat(100_000),
      JSON.stringify({ handle: "x".repeat(60_000), password: "y" }),
      "[".repeat(50_000),
      "{}",
      "null",
      "7",
      '{"__proto__":{"isOwner":true},"handle":5,"password":[]}',
    ];
    for (const path of ["/v1/accounts", "/v1/sessions", "/v1/conversations", "/v1/nothing"]) {
      for (const body of bodies) {
        const response = await fetch(server.url + path, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${mallory.token}` },
          body,
        });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        expect(((await response.json()) as any).error.code).toMatch(/^[a-z_]+$/);
      }
    }
    const headers = await RawSocket.open(server);
    headers.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"y".repeat(2_000_000)}\r\n\r\n`);
    await headers.until(() => headers.isEnded || headers.text.startsWith("HTTP/1.1 4"), 10_000);
    headers.end();
    expect(grownBytes()).toBeLessThan(128 * MiB);
  });
}, 60_000);

test("[W32] [L6] a reader who does not read costs a bounded queue, and is healed when reading again", async () => {
  const victim = await signUp(server.url, "victim");
  const id = await converse(server.url, mallory, "group", [victim]);
  const talkers = await Promise.all(
    Array.from({ length: 8 }, async () => WireClient.join(server.url, mallory.token)),
  );
  const text = "x".repeat(limits.textBytesMax);
  await besideBystanders(server, "reader", async () => {
    const grownBytes = watchMemory(server);
    const deaf = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const raw = await RawSocket.upgraded(server);
        raw.frame(1, JSON.stringify({ kind: "hello", version: 1, token: victim.token }));
        await raw.until(() => raw.text.includes("welcome"), 5_000);
        raw.stopReading();
        return raw;
      }),
    );
    // 1,600 messages of 16 KiB for each of 20 readers: 500 MiB, were it kept.
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        talkers.map(async (client) => {
          for (let i = 0; i < 10; i++) await sent(client, id, text);
        }),
      );
    }
    expect(grownBytes()).toBeLessThan(200 * MiB);
    const head = (await http(server.url, "GET", `/v1/conversations/${id}`, victim.token)).body;
    const one = deaf[0]!;
    one.goOnReading();
    const since = {
      kind: "since" as const,
      id: 7,
      conversation: id,
      rev: head.rev - 3,
      seq: head.lastSeq - 3,
    };
    one.frame(1, JSON.stringify(since));
    // Asked while the queue was still full, the answer found no room: then the connection ends, and a new one heals.
    await one.until(() => one.isEnded || one.endsAround('"kind":"packed"'), 20_000);
    if (one.isEnded) {
      const again = await WireClient.join(server.url, victim.token);
      const { kind: _, id: __, ...from } = since;
      expect((await again.ask({ kind: "since", ...from })).kind).toBe("caughtUp");
      again.close();
    }
    const revs = revsIn(one.messages());
    expect(revs.length).toBeGreaterThan(0);
    expect(revs).toEqual([...revs].sort((a, b) => a - b));
    // Were nothing missing, nothing was dropped and this test would prove nothing.
    expect(revs.length).toBeLessThan(head.rev - 1);
    for (const raw of deaf) raw.end();
  });
  for (const client of talkers) client.close();
}, 120_000);

/** Each message is a whole frame: parsing throws where one was cut. */
function revsIn(messages: readonly string[]): number[] {
  return messages
    .map((text) => JSON.parse(text))
    .flatMap((frame) =>
      frame.kind === "changes" ? frame.changes.map(({ rev }: { rev: number }) => rev) : [],
    );
}

/** Sends, and again after the time that a refusal names. */
async function sent(client: WireClient, conversation: string, text: string): Promise<void> {
  const name = newName();
  for (;;) {
    const answer = await client.ask({ kind: "send", conversation, name, text });
    if (answer.kind === "ack") return;
    if (answer.kind !== "refused" || answer.retryAfterMs === undefined)
      throw new Error(JSON.stringify(answer));
    await after(answer.retryAfterMs);
  }
}

/** The server's own hint is the event that is waited for. */
function after(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  return promise;
}
