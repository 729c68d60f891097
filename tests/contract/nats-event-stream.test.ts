// Durable events on JetStream of three real nodes, filled by the real relay: the port's contract, and what happens when
// a node is killed, the stream is wiped or cut, and two relays run at once. The outbox is the one in memory.

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { systemClock } from "#adapters/bun/clock.ts";
import { openMemoryLeases } from "#adapters/memory/leases.ts";
import { openMemory } from "#adapters/memory/open-memory.ts";
import { MemoryStore } from "#adapters/memory/store.ts";
import { type Nats, openNats } from "#adapters/nats/connection.ts";
import { openDurableEvents } from "#adapters/nats/jetstream.ts";
import { JetStreamPlace } from "#adapters/nats/jetstream-place.ts";
import { type StreamSettings, streamSettings } from "#adapters/nats/jetstream-settings.ts";
import type { ConversationId } from "#base/ids.ts";
import type { Leases } from "#ports/leases.ts";
import type { OutboxEvent } from "#ports/outbox.ts";
import { startConsumer } from "#services/worker/consume.ts";
import { type Relay, startRelay } from "#services/worker/relay-outbox.ts";
import { workerLimits } from "#services/worker/worker-limits.ts";
import { type NatsPart, startNats } from "#tests/parts/nats.ts";
import { until } from "#tests/parts/until.ts";
import { eventStreamContract, maker } from "./event-stream.ts";
import { fill } from "./made-up.ts";

setDefaultTimeout(60_000);

let part: NatsPart;
let streams = 0;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  part = await startNats({ nodes: 3, jetstream: true });
  const { stream } = await (await openWorld()).process("first of all");
  const isMade = () =>
    stream.lag("first").then(
      () => true,
      () => false,
    );
  await until("JetStream has its leaders", isMade, 30_000);
  await closeAll();
});
afterEach(closeAll);
afterAll(() => part?.close());

async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

const consumers = ["first", "second"] as const;
const quick = {
  ...workerLimits,
  lookEveryMs: 50,
  relayEveryMs: 20,
  confirmEveryMs: 50,
  retryAfterMs: 50,
  leaseMs: 600,
};

/** One outbox, one stream: processes of it, each with a connection of its own. */
async function openWorld(settings: Partial<StreamSettings> = {}) {
  const namespace = `test${++streams}`;
  const store = new MemoryStore({ laneCount: 16, emojiPerMessageMax: 5 });
  const ports = openMemory(store);
  const leases = openMemoryLeases(systemClock);
  const process = async (name: string) => {
    const nats = await openNats({ urls: part.urls, name, namespace, onFailure: () => {} });
    closing.push(() => nats.close());
    const durable = openDurableEvents(nats, consumers, { ackWaitMs: 1_000, ...settings });
    const relay = (with_ = leases): Relay => {
      const outbox = { ...ports.outbox, lineage: async () => world.lineage };
      const needs = { ...durable, outbox, leases: with_, instance: name };
      const running = startRelay({ ...needs, clock: systemClock, limits: quick, onFailure: () => {} });
      closing.push(() => running.stop());
      return running;
    };
    return { nats, ...durable, relay };
  };
  /** What a consumer has handled, in its order. */
  const consume = (stream: Awaited<ReturnType<typeof process>>["stream"], name: string) => {
    const handled: ConversationId[] = [];
    const handle = async (events: readonly OutboxEvent[]) => {
      for (const event of events) if (event.kind === "memberships") handled.push(event.rows[0]!.conversation);
    };
    const needs = { stream, deadLetters: ports.deadLetters, clock: systemClock, limits: quick };
    const consumer = { name, batchMax: 100, isPrompt: true, handle };
    const running = startConsumer(consumer, { ...needs, onFailure: () => {} });
    closing.push(() => running.stop());
    return handled;
  };
  const world = { lineage: "as ever", store, ports, leases, process, consume, make: maker(ports) };
  return world;
}

const everybody: Leases = { hold: async () => true, release: async () => {} };

const streamOf = async (nats: Nats) => {
  const place = new JetStreamPlace(nats, consumers, streamSettings);
  const { streams } = await place.manager();
  return {
    info: () => place.info(),
    wipe: () => streams.delete(place.stream),
    purge: (upTo: { seq: number }) => streams.purge(place.stream, upTo),
    remove: (sequence: number) => streams.deleteMessage(place.stream, sequence),
  };
};

eventStreamContract("on JetStream with three nodes", async () => {
  const world = await openWorld();
  const [one, other] = [await world.process("one"), await world.process("other")];
  one.relay();
  const close = closing.splice(0).reverse();
  return {
    stream: one.stream,
    other: other.stream,
    consumers,
    deadLetters: world.ports.deadLetters,
    make: world.make,
    close: async () => {
      for (const end of close) await end();
    },
  };
});

test("[P75] [P76] what not everybody has confirmed stays in the outbox; then it is trimmed", async () => {
  const world = await openWorld();
  const one = await world.process("one");
  const relay = one.relay();
  const handled = world.consume(one.stream, "first");
  const made = await world.make(20);
  await until("the first has them", () => handled.length >= 20);
  expect(handled).toEqual(made);
  await until("the first has confirmed them", async () => (await one.stream.lag("first")) === 0);
  // Each round sees one more look of the relay.
  for (const count of [21, 22, 23]) {
    await world.make(1);
    await until("all wait for the second", () => relay.stats().unconfirmed === count);
  }
  expect(world.store.outbox).toHaveLength(23);
  world.consume(one.stream, "second");
  await until("the outbox is empty", () => world.store.outbox.length === 0);
  expect((await (await streamOf(one.nats)).info()).config).toMatchObject({
    num_replicas: 3,
    storage: "file",
  });
});

test("[P76] the node that leads the stream is killed while events are published: none is lost", async () => {
  const world = await openWorld();
  const one = await world.process("one");
  const relay = one.relay();
  const seen = consumers.map((name) => world.consume(one.stream, name));
  const made = await world.make(50);
  await until("it flows", () => seen[0]!.length >= 50);
  const { info } = await streamOf(one.nats);
  const leader = (await info()).cluster!.leader!;
  const node = part.nodes.find((it) => it.name === leader)!;
  let killed: Promise<void> | null = null;
  for (let round = 0; round < 40; round++) {
    made.push(...(await world.make(25)));
    if (round < 10) await until("they are published", () => relay.stats().published >= made.length);
    if (round === 10) killed = node.kill9();
  }
  await killed;
  await until("every consumer has all", () => seen.every((it) => new Set(it).size === made.length), 30_000);
  await until("the outbox is empty", () => world.store.outbox.length === 0);
  await node.restart();
});

test("[P76] a stream that is wiped, with all that it held, is made again and filled from the outbox", async () => {
  const world = await openWorld();
  const one = await world.process("one");
  const relay = one.relay();
  const first = world.consume(one.stream, "first");
  const made = await world.make(30);
  await until("they are published and the first has them", () => first.length >= 30);
  await until("it is known", () => relay.stats().unconfirmed === 30);
  await (await streamOf(one.nats)).wipe();
  made.push(...(await world.make(5)));
  const second = world.consume(one.stream, "second");
  await until("the second has all", () => new Set(second).size === made.length);
  expect([...new Set(second)]).toEqual(made);
  await until("the first has the new ones too", () => new Set(first).size === made.length);
  await until("the outbox is empty", () => world.store.outbox.length === 0);
});

const losses: readonly [what: string, lose: (nats: Nats) => Promise<unknown>][] = [
  ["its oldest events", async (nats) => (await streamOf(nats)).purge({ seq: 11 })],
  ["one in the middle", async (nats) => (await streamOf(nats)).remove(15)],
];

test.each(losses)(
  "[P76] a stream that lost %s, unconfirmed, is filled again, in order",
  async (_what, lose) => {
    const world = await openWorld();
    const one = await world.process("one");
    const relay = one.relay();
    const made = await world.make(30);
    await until("they are published", () => relay.stats().published === 30);
    await lose(one.nats);
    await until("it is noticed", () => relay.stats().refills > 0);
    made.push(...(await world.make(3)));
    const seen = consumers.map((it) => world.consume(one.stream, it));
    await until("both have all", () => seen.every((it) => new Set(it).size === made.length));
    await until("the outbox is empty", () => world.store.outbox.length === 0);
  },
);

test("[P76] when the outbox may have gone back in time, the stream is filled again from what it holds now", async () => {
  const world = await openWorld();
  const one = await world.process("one");
  const relay = one.relay();
  world.consume(one.stream, "second");
  const first = world.consume(one.stream, "first");
  await world.make(10);
  await until("all is confirmed", () => first.length === 10 && world.store.outbox.length === 0);
  // As a backup of an hour ago: positions begin again below those that were published.
  world.store.confirmedByConsumer.clear();
  world.store.trimmedCount = 0;
  world.lineage = "restored";
  const made = await world.make(5);
  await until("the new ones come", () => made.every((it) => first.includes(it)));
  await until("the outbox is empty", () => world.store.outbox.length === 0);
  expect(relay.stats().refills).toBe(1);
});

test("[P72] [P76] groups of messages that wait together come as one event, and it is not taken for a hole", async () => {
  const world = await openWorld();
  const one = await world.process("one");
  const [room, other] = await world.make(2);
  for (let round = 0; round < 10; round++) {
    await fill(world.ports.messageLog, room!, 2);
    await fill(world.ports.messageLog, other!, 1);
  }
  const [later] = await world.make(1);
  await fill(world.ports.messageLog, room!, 1);
  const relay = one.relay();
  await until("they are published", () => relay.stats().published === 24);
  expect((await (await streamOf(one.nats)).info()).state.messages).toBe(5);
  const [mine, theirs] = [await one.stream.read("first", 10), await one.stream.read("second", 10)];
  expect(mine.slice(2, 4).map((it) => it.event)).toMatchObject([
    {
      kind: "messages",
      ranges: [
        { conversation: room, fromSeq: 1, toSeq: 20 },
        { conversation: other, fromSeq: 1, toSeq: 10 },
      ],
    },
    { kind: "memberships", rows: [{ conversation: later }, { conversation: later }] },
  ]);
  expect(theirs.map((it) => it.id)).toEqual(mine.map((it) => it.id));
  for (const [name, events] of [["first", mine.slice(0, 2)] as const, ["second", theirs] as const])
    await one.stream.confirm(name, events);
  // Now the outbox begins with messages, and so may the stream.
  await until("the outbox begins with messages", () => world.store.outbox.length === 22);
  await (await streamOf(one.nats)).purge({ seq: 3 });
  await world.make(1);
  await until("it was looked at since", () => relay.stats().unconfirmed === 23);
  expect(relay.stats().refills).toBe(0);
  await one.stream.confirm("first", mine.slice(2));
  const last = consumers.map((name) => world.consume(one.stream, name));
  await until("both have the last", () => last.every((it) => it.length === 1));
  await until("the outbox is empty", () => world.store.outbox.length === 0);
});

test("[P75] two relays at once, without a lease between them: the stream holds each event once, in order", async () => {
  const world = await openWorld();
  const [one, other] = [await world.process("one"), await world.process("other")];
  one.relay(everybody);
  other.relay(everybody);
  const made: ConversationId[] = [];
  const { info } = await streamOf(one.nats);
  // Before the first relay has made the stream there is none.
  const stored = async () => (await info().catch(() => null))?.state.messages ?? 0;
  for (let round = 0; round < 20; round++) {
    made.push(...(await world.make(20)));
    await until("they are published", async () => (await stored()) >= made.length);
  }
  const first = world.consume(one.stream, "first");
  world.consume(other.stream, "second");
  await until("the first has all", () => new Set(first).size === made.length);
  expect([...new Set(first)]).toEqual(made);
  await until("the outbox is empty", () => world.store.outbox.length === 0);
  expect(await stored()).toBe(made.length);
});

test("[P79] a relay that falls silent is relieved within its lease", async () => {
  const world = await openWorld();
  const [one, other] = [await world.process("one"), await world.process("other")];
  // As one that was killed: it does not give its lease up.
  const active = one.relay({ ...world.leases, release: async () => {} });
  await until("the first one relays", () => active.stats().isActive);
  const next = other.relay();
  await world.make(5);
  await until("it has published", () => active.stats().published === 5);
  expect(next.stats().isActive).toBe(false);
  await active.stop();
  const began = performance.now();
  await world.make(5);
  await until("the other one goes on", () => next.stats().published === 5);
  expect(performance.now() - began).toBeLessThan(quick.leaseMs * 3);
});
