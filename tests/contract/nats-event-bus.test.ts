// The event bus over a real NATS passes the suite of its port; and what only a bus between processes can suffer.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { Recode } from "#adapters/nats/bus-frames.ts";
import { type Nats, openNats } from "#adapters/nats/connection.ts";
import { type NatsBus, type NatsBusOptions, openNatsBus } from "#adapters/nats/event-bus.ts";
import { bucketCount, bucketOf, type ConversationId } from "#base/ids.ts";
import type { Change } from "#core/messages/message.ts";
import type { EncodedChanges } from "#ports/event-bus.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { changeEncoder, recodeChanges } from "#services/gateway/encode-changes.ts";
import { type NatsPart, startNats } from "#tests/parts/nats.ts";
import { until } from "#tests/parts/until.ts";
import { changesOf, eventBusContract } from "./event-bus.ts";
import { newConversationId, newName, newSessionId, newUser, no, rev, seq } from "./made-up.ts";

const allCodecs = () => ["banyan.v1.json", "banyan.v1.msgpack"];
const needless = () => {
  throw new Error("every codec has come");
};
let part: NatsPart;
let spaces = 0;
beforeAll(async () => {
  part = await startNats();
});
afterAll(() => part?.close());

interface Process {
  readonly nats: Nats;
  readonly bus: NatsBus;
}

const processes: Process[] = [];

async function openProcess(
  urls: readonly string[],
  namespace: string,
  wish: Partial<NatsBusOptions> = {},
): Promise<Process> {
  const nats = await openNats({ urls, name: "test", namespace, onFailure: () => {} });
  const options = { codecs: allCodecs, recode: needless, onFailure: () => {}, ...wish };
  const opened = { nats, bus: openNatsBus(nats, options) };
  processes.push(opened);
  return opened;
}

async function closeProcesses(): Promise<void> {
  for (const { nats, bus } of processes.splice(0)) {
    await bus.close();
    await nats.close();
  }
}

/** What was followed before is known to NATS, what was published before is heard. */
async function settled(...all: Process[]): Promise<void> {
  for (let round = 0; round < 2; round++) for (const { nats } of all) await nats.flush();
  await new Promise(setImmediate);
}

for (const from of [32, 1]) {
  const how = from === 1 ? "heard by whole buckets" : "heard one by one";
  eventBusContract(`over NATS, ${how}`, async () => {
    const namespace = `contract${spaces++}`;
    const publisher = await openProcess(part.urls, namespace);
    const follower = await openProcess(part.urls, namespace, {
      wholeFrom: { conversations: from, users: from },
    });
    return {
      publisher: publisher.bus,
      follower: follower.bus,
      settled: () => settled(follower, publisher, follower),
      close: closeProcesses,
    };
  });
}

eventBusContract("over NATS, in one process", async () => {
  const only = await openProcess(part.urls, `contract${spaces++}`);
  return { publisher: only.bus, follower: only.bus, settled: () => settled(only), close: closeProcesses };
});

describe("the event bus over NATS", () => {
  afterEach(closeProcesses);

  test("[P30] a bucket that comes to be heard whole loses nothing and doubles nothing", async () => {
    const namespace = `widen${spaces++}`;
    const publisher = await openProcess(part.urls, namespace);
    const follower = await openProcess(part.urls, namespace, { wholeFrom: { conversations: 20, users: 20 } });
    const ids = inOneBucket(40);
    const told = new Map<ConversationId, number[]>(ids.map((id) => [id, []]));
    follower.bus.listen({
      ...silent,
      changes: (event) => void told.get(event.conversation)!.push(event.rev),
    });
    follower.bus.followConversation(ids[0]!);
    await settled(follower, publisher);
    let published = 0;
    for (const id of ids.slice(1)) {
      for (let i = 0; i < 50; i++) publisher.bus.publishChanges(changesOf(ids[0]!, ++published));
      follower.bus.followConversation(id);
      await new Promise(setImmediate);
    }
    await settled(follower, publisher, follower);
    for (const id of ids.slice(1)) publisher.bus.publishChanges(changesOf(id, 1));
    await settled(publisher, follower);
    expect(told.get(ids[0]!)).toEqual(Array.from({ length: published }, (_, i) => i + 1));
    for (const id of ids.slice(1)) expect(told.get(id)).toEqual([1]);
    for (const id of ids) follower.bus.unfollowConversation(id);
    publisher.bus.publishChanges(changesOf(ids[0]!, 1e6));
    await settled(publisher, follower);
    expect(told.get(ids[0]!)!.length).toBe(published);
  });

  test("[P33] changes too large for the bus are told as where the conversation stands", async () => {
    const namespace = `large${spaces++}`;
    const [publisher, follower] = [
      await openProcess(part.urls, namespace),
      await openProcess(part.urls, namespace),
    ];
    const told: unknown[] = [];
    follower.bus.listen({
      ...silent,
      changes: () => told.push("changes"),
      head: (event) => told.push(event),
    });
    const conversation = newConversationId();
    follower.bus.followConversation(conversation);
    await settled(follower, publisher);
    const large = "x".repeat(publisher.nats.payloadBytesMax());
    publisher.bus.publishChanges({ ...changesOf(conversation, 7), encoded: () => [large] });
    await settled(publisher, follower);
    expect(told).toEqual([{ conversation, rev: rev(7), lastSeq: seq(7) }]);
  });

  test("[P33] a codec that did not travel is made from the one that did, once, and is the same", async () => {
    const namespace = `recoded${spaces++}`;
    const binaryOnly = () => ["banyan.v1.msgpack"];
    const publisher = await openProcess(part.urls, namespace, { codecs: binaryOnly });
    let recoded = 0;
    const recode: Recode = (...args) => {
      recoded++;
      return recodeChanges(...args);
    };
    const follower = await openProcess(part.urls, namespace, { recode });
    const conversation = newConversationId();
    const told: EncodedChanges[] = [];
    follower.bus.listen({ ...silent, changes: (event) => told.push(event) });
    follower.bus.followConversation(conversation);
    await settled(follower, publisher);
    const events = everyChange().map((change) => changeEncoder.encode(conversation, [change, change]));
    for (const event of events) publisher.bus.publishChanges(event);
    await settled(publisher, follower);
    expect(told).toHaveLength(events.length);
    for (const [i, event] of told.entries()) {
      for (const _ of [1, 2])
        for (const codec of allCodecs()) expect(event.encoded(codec)).toEqual(events[i]!.encoded(codec));
    }
    expect(recoded).toBe(events.length);
  });

  test("[P52] foreign events of followed buckets are told, with no state and no event of one's own", async () => {
    const namespace = `foreign${spaces++}`;
    const [here, there] = [await openProcess(part.urls, namespace), await openProcess(part.urls, namespace)];
    const [first, second, third] = [inBucket(1), inBucket(2), inBucket(3)];
    const foreign: ConversationId[] = [];
    const follow = async (...buckets: number[]) => {
      here.bus.followBuckets(new Set(buckets), (conversation) => foreign.push(conversation));
      await settled(here, there);
    };
    const publishAll = async () => {
      for (const { bus } of [here, there]) {
        for (const id of [first, second, third]) {
          if (bus === there.bus || id !== third) bus.publishChanges(changesOf(id, 1));
          bus.publishState({ kind: "typing", conversation: id, member: no(1), user: newUser() });
        }
        bus.publishUser({ kind: "revoked", user: newUser(), session: newSessionId() });
      }
      await settled(there, here);
    };
    await follow(1, 2);
    await publishAll();
    expect(foreign).toEqual([first, second]);
    await follow(2, 3);
    await publishAll();
    expect(foreign).toEqual([first, second, second, third]);
    await follow();
    await publishAll();
    expect(foreign.length).toBe(4);
  });
});

test("NATS takes its credentials from the url, and who is not let in is told so without them", async () => {
  const keys = [
    ["authorization { token: s3cret }", "s3cret"],
    ["authorization { user: banyan, password: s3cret }", "banyan:s3cret"],
  ] as const;
  for (const [configuration, key] of keys) {
    const guarded = await startNats({ configuration });
    try {
      const open = (credentials: string) => {
        const urls = [guarded.urls[0]!.replace("nats://", `nats://${credentials}@`)];
        return openNats({ urls, name: "test", namespace: "guarded", onFailure: () => {}, withinMs: 0 });
      };
      const nats = await open(key);
      await nats.flush();
      await nats.close();
      const refused = await open("banyan:wr0ng").catch((error: Error) => error);
      expect(refused).toBeInstanceOf(StoreUnavailable);
      expect(String(refused)).not.toContain("wr0ng");
    } finally {
      await guarded.close();
    }
  }
});

describe("the event bus over three NATS nodes", () => {
  let cluster: NatsPart;
  beforeAll(async () => {
    cluster = await startNats({ nodes: 3 });
  });
  afterAll(() => cluster?.close());
  afterEach(closeProcesses);

  async function openPair() {
    const namespace = `cluster${spaces++}`;
    const follower = await openProcess(cluster.urls, namespace);
    const at = follower.nats.connection.getServer();
    const node = cluster.nodes.find((each) => each.url.endsWith(at))!;
    const publisher = await openProcess(
      cluster.urls.filter((url) => url !== node.url),
      namespace,
    );
    const told: number[] = [];
    let interruptions = 0;
    follower.bus.listen({
      ...silent,
      changes: (event) => told.push(event.rev),
      interrupted: () => interruptions++,
    });
    const conversation = newConversationId();
    follower.bus.followConversation(conversation);
    return { follower, publisher, node, told, conversation, interruptions: () => interruptions };
  }

  /** Publishes until one arrives, since interest takes its time from node to node. */
  async function heardAgain({ publisher, conversation, told }: Awaited<ReturnType<typeof openPair>>) {
    const had = told.length;
    let next = 1000;
    await until(
      "an event is heard",
      () => {
        publisher.bus.publishChanges(changesOf(conversation, next++));
        return told.length > had;
      },
      5000,
    );
  }

  test("[P51] a killed node is left for another one, and every listener is told of the interruption", async () => {
    const pair = await openPair();
    await heardAgain(pair);
    expect(pair.interruptions()).toBe(0);
    const startedAt = performance.now();
    await pair.node.kill9();
    await until("the interruption is told", () => pair.interruptions() > 0, 3000);
    expect(performance.now() - startedAt).toBeLessThan(2000);
    await heardAgain(pair);
    expect(pair.interruptions()).toBe(1);
    await pair.node.restart();
  });

  test("[P51] a node that hangs is left within four seconds, also while much is published", async () => {
    const pair = await openPair();
    await heardAgain(pair);
    const startedAt = performance.now();
    pair.node.pause();
    try {
      const payload = "x".repeat(10_000);
      await until(
        "the interruption is told",
        () => {
          const event = { ...changesOf(newConversationId(), 1), encoded: () => [payload] };
          for (let i = 0; i < 100; i++) pair.follower.bus.publishChanges(event);
          return pair.interruptions() > 0;
        },
        6000,
      );
      expect(performance.now() - startedAt).toBeLessThan(4500);
      await heardAgain(pair);
    } finally {
      pair.node.resume();
    }
  });

  test("[P51] a process too slow to hear is cut off by NATS, comes back by itself and is told", async () => {
    const strict = await startNats({ configuration: "max_pending: 9MB" });
    try {
      const slow = await openProcess(strict.urls, "slow");
      let interruptions = 0;
      slow.bus.listen({ ...silent, interrupted: () => interruptions++ });
      const conversation = newConversationId();
      slow.bus.followConversation(conversation);
      await settled(slow);
      // Nothing is read here until the flood is over.
      const subject = `slow.conversation.${bucketOf(conversation)}.${conversation}`;
      const { hostname, port } = new URL(strict.urls[0]!);
      const flood = Bun.spawnSync([process.execPath, "-e", floodOf(hostname, port, subject)]);
      expect(flood.stderr.toString()).toBe("");
      await until("the interruption is told", () => interruptions > 0, 5000);
      const publisher = await openProcess(strict.urls, "slow");
      const told: number[] = [];
      slow.bus.listen({ ...silent, changes: (event) => told.push(event.rev) });
      publisher.bus.publishChanges(changesOf(conversation, 7));
      await until("what comes now is heard", () => told.includes(7), 5000);
    } finally {
      await strict.close();
    }
  });

  test("[P51] a bus that is away gathers nothing and throws nothing, and is back without being asked", async () => {
    const alone = await startNats();
    try {
      const only = await openProcess(alone.urls, "alone");
      let interruptions = 0;
      only.bus.listen({ ...silent, interrupted: () => interruptions++ });
      await alone.nodes[0]!.kill9();
      await until("the loss is known", () => !only.nats.isUp(), 3000);
      for (let i = 1; i <= 1000; i++) only.bus.publishChanges(changesOf(newConversationId(), i));
      expect(only.bus.dropped()).toBe(1000);
      expect(only.nats.publish("alone.x", Buffer.from("x"))).toBe(false);
      const other = newConversationId();
      only.bus.followConversation(other);
      await alone.nodes[0]!.restart();
      await until("the interruption is told", () => interruptions === 1, 5000);
      const publisher = await openProcess(alone.urls, "alone");
      const told: number[] = [];
      only.bus.listen({ ...silent, changes: (event) => told.push(event.rev) });
      publisher.bus.publishChanges(changesOf(other, 1));
      await settled(publisher, only);
      expect(told).toEqual([1]);
    } finally {
      await alone.close();
    }
  });
});

/** A program that publishes 60 MB of no meaning, and ends when NATS has taken it. */
function floodOf(hostname: string, port: string, subject: string): string {
  return `
    const socket = require("node:net").connect(${port}, "${hostname}");
    socket.write('CONNECT {"verbose":false}\\r\\n');
    const payload = Buffer.alloc(1000000);
    for (let i = 0; i < 60; i++) {
      socket.write("PUB ${subject} 1000000\\r\\n");
      socket.write(payload);
      socket.write("\\r\\n");
    }
    socket.write("PING\\r\\n");
    socket.on("data", (data) => { if (String(data).includes("PONG")) process.exit(0); });
  `;
}

const silent = { changes() {}, head() {}, state() {}, user() {}, interrupted() {} };

function everyChange(): Change[] {
  const place = { rev: rev(7), seq: seq(5) };
  const sent = { ...place, author: no(2), at: 1_760_000_000_123, name: newName() };
  return [
    { kind: "message", ...sent, text: "caf\u00e9 \u{1f333}" },
    { kind: "message", ...sent, text: "again", replyTo: seq(3), editedAt: 1_760_000_000_456 },
    { kind: "message", ...sent, text: "", deletedAt: 1_760_000_000_789 },
    { kind: "reaction", ...place, member: no(2), emoji: "\u{1f44d}", on: true, count: 3 },
    {
      kind: "member",
      rev: rev(7),
      member: no(2),
      user: newUser(),
      role: "owner",
      active: true,
      displayName: "A",
    },
    { kind: "conversation", rev: rev(7), title: "A title" },
  ];
}

function inBucket(bucket: number): ConversationId {
  const low = (bucket % bucketCount).toString(16).padStart(3, "0");
  return `${newConversationId().slice(0, -3)}${low}` as ConversationId;
}

function inOneBucket(count: number): ConversationId[] {
  const ids = Array.from({ length: count }, () => inBucket(77));
  if (ids.some((id) => bucketOf(id) !== 77)) throw new Error("the bucket is in the last ten bits");
  return ids;
}
