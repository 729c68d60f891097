// The delivery audit on a real server, in each topology: honest sessions are counted, lies and floods of reports cost
// their own session something and nobody else anything, and the operator's tools tell the verdict.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { auditLine, readAudit } from "#ops/audit-line.ts";
import type { ClientFrame } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import { createClient } from "#sdk/client.ts";
import { converse, newName, type SignedUp, signUp, WireClient } from "#tests/conformance/wire-client.ts";
import { runBanyan } from "#tests/serve-process.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs, topology } from "#tests/topology.ts";
import { besideBystanders, watchMemory } from "./bystanders.ts";

const MiB = 1024 * 1024;
type Audit = Extract<ClientFrame, { kind: "audit" }>;
const silent = { kind: "audit", ignored: 0, doubled: 0, healedMs: [] } as const;

let server: TestServer;
let mallory: SignedUp;

beforeAll(async () => {
  server = await startServer();
  mallory = await signUp(server.url, "mallory");
}, startWithinMs);
afterAll(() => server.stop(), startWithinMs);

test("[W37] every session of the test preset is asked, in both codecs, and one that declines is not", async () => {
  for (const subprotocol of ["banyan.v1.json", "banyan.v1.msgpack"] as const) {
    const asked = await WireClient.join(server.url, mallory.token, subprotocol);
    expect(asked.welcome.auditEveryMs).toBe(2 * limits.heartbeatMs);
    const declining = await WireClient.open(server.url, subprotocol);
    declining.send({ kind: "hello", version: 1, token: mallory.token, audit: false });
    expect((await declining.next("welcome")).auditEveryMs).toBeUndefined();
    for (const client of [asked, declining]) client.close();
  }
});

test("[W39] lies of every form end nothing but the audit of their session", async () => {
  await besideBystanders(server, "lies", async () => {
    const conversation = await converse(server.url, mallory, "group", []);
    const much = Number.MAX_SAFE_INTEGER;
    const shown = (after: number, ...ranges: [number, number][]): Audit["shown"][number] => ({
      conversation,
      after,
      ranges: ranges.map(([from, to]) => ({ from, to })),
    });
    const lies: Partial<Audit>[] = [
      { shown: [shown(0, [1, much])] },
      { shown: [shown(much)] },
      { shown: [shown(0, [2, 1])] },
      { shown: [shown(0, [1, 5], [5, 9])] },
      { shown: [shown(0)], ignored: much },
      { shown: [shown(0)], healedMs: [much] },
    ];
    for (const lie of lies) {
      const client = await WireClient.join(server.url, mallory.token);
      for (let i = 0; i < 2; i++) client.send({ ...silent, shown: [], ...lie });
      await client.pong();
      await client.ack({ kind: "send", conversation, name: newName(), text: "still here" });
      expect(client.frames.filter(({ kind }) => kind === "refused")).toEqual([]);
      client.close();
    }
  });
}, 30_000);

test("[W14] [W39] a flood of reports is slowed down like any other, and takes no memory", async () => {
  await besideBystanders(server, "reports", async () => {
    const grownBytes = watchMemory(server);
    const client = await WireClient.join(server.url, mallory.token);
    const some = Array.from({ length: limits.auditConversationsMax }, () => ({
      conversation: crypto.randomUUID(),
      after: 0,
      ranges: Array.from({ length: limits.auditRangesMax }, (_, i) => ({ from: 2 * i + 1, to: 2 * i + 1 })),
    }));
    for (let i = 0; i < 2_000; i++) client.send({ ...silent, shown: some, more: true });
    expect((await client.closed(20_000)).code).toBe(4008);
    expect(grownBytes()).toBeLessThan(64 * MiB);
  });
}, 60_000);

// In a cluster each process has an address of its own: ./banyan cluster status asks them all.
if (topology === "embedded")
  test("[W38] what real clients report at their end is told by the metrics and by the doctor", async () => {
    const before = (await readAudit([server.url], null))!;
    const [ada, bob] = [await signUp(server.url, "aud-ada"), await signUp(server.url, "aud-bob")];
    const id = (await converse(server.url, ada, "direct", [bob])) as never;
    const clients = [ada, bob].map(({ token }) => createClient({ url: server.url, token, auth: "token" }));
    for (const client of clients) await client.start();
    const heard = new Promise<void>((all) => {
      let count = 0;
      clients[1]!.on("message", () => ++count === 20 && all());
    });
    const view = clients[0]!.conversation(id);
    for (let i = 0; i < 20; i++) {
      const named = await view.send(`word ${i}`);
      if (named.ok) await view.sent(named.value);
    }
    await heard;
    for (const client of clients) await client.stop();
    // The reports came before the closes; who comes afterwards finds both counted.
    await (await WireClient.join(server.url, ada.token)).pong();
    const after = (await readAudit([server.url], null))!;
    expect(after.checked - before.checked).toBe(40);
    expect([after.lost, after.doubled, after.unchecked]).toEqual([0, 0, 0]);
    expect(auditLine(after)).toStartWith(`lost 0 of ${after.checked} messages checked`);
    const { out } = await runBanyan(["doctor", "--port", String(server.port)]);
    expect(out).toMatch(/^ok +delivery +lost 0 of \d+ messages checked/m);
  }, 30_000);
