// The command bus over a real NATS passes the suite of its port; and what only a bus between processes can suffer.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openMemory } from "#adapters/memory/open-memory.ts";
import { MemoryStore } from "#adapters/memory/store.ts";
import { type Nats, openNats } from "#adapters/nats/connection.ts";
import { commandSubject } from "#adapters/nats/messaging-codec.ts";
import type { ConversationId, UserId } from "#base/ids.ts";
import { ok, type Result } from "#base/result.ts";
import type { Refusal } from "#core/refusal.ts";
import type { Messaging, SendCommand } from "#ports/messaging.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { type NatsPart, startNats } from "#tests/parts/nats.ts";
import { until } from "#tests/parts/until.ts";
import { allMessages, newConversationId, newName, newUser, no, rev, seq } from "./made-up.ts";
import { messagingContract } from "./messaging.ts";
import { House, type Instance, openMessagingOver } from "./messaging-over-nats.ts";
import { afterTurns, openMessaging, signUp } from "./messaging-service.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

let part: NatsPart;
let spaces = 0;
const opened: Nats[] = [];

async function openConnections(count: number): Promise<Nats[]> {
  const namespace = `messaging${spaces++}`;
  const urls = part.urls;
  const open = () => openNats({ urls, name: "test", namespace, onFailure: () => {} });
  const all = await Promise.all(Array.from({ length: count }, open));
  opened.push(...all);
  return all;
}

const suite: Nats[] = [];
beforeAll(async () => {
  part = await startNats();
  suite.push(...(await openConnections(3)));
});
afterAll(async () => {
  for (const nats of opened) await nats.close();
  await part?.close();
});

function openStore(): StoreUnderTest {
  const store = new MemoryStore({ laneCount: 16, emojiPerMessageMax: 5 });
  const ports = openMemory(store, { delay: () => afterTurns(undefined, 1) });
  return { ...ports, close: async () => {} } as unknown as StoreUnderTest;
}

messagingContract(
  "over NATS",
  async () => openStore(),
  (store, wish) => openMessagingOver(suite)(store, wish),
);

const failed = (answer: PromiseSettledResult<unknown>) => answer.status === "rejected";

describe("the command bus over NATS", () => {
  const user = newUser();

  /** A service that answers as told: enough to see what the bus does. */
  function answering(act: Partial<Messaging>): Messaging {
    return act as Messaging;
  }

  function command(conversation: ConversationId): SendCommand {
    return { user, conversation, name: newName(), text: "text", again: false };
  }

  const receipt = ok({ rev: rev(1), seq: seq(1), at: 1 });

  test("[P56] services that leave and come under a stream of sends lose none, double none and keep the order", async () => {
    const store = openStore();
    const [owner] = (await signUp(store, 1)) as [UserId];
    const [gateway, ...connections] = await openConnections(4);
    const house = new House(gateway!);
    const rooms = await Promise.all(Array.from({ length: 20 }, () => newRoom(store, owner)));
    const joined: Instance[] = connections
      .slice(0, 2)
      .map((nats) => house.join(nats, openMessaging(store).messaging));
    const sent = new Map<ConversationId, string[]>(rooms.map((room) => [room, []]));
    const answers: Promise<Result<unknown, Refusal>>[] = [];
    let isOver = false;
    const streaming = (async () => {
      for (let i = 0; !isOver; i++) {
        for (const conversation of rooms) {
          const text = `${i}`;
          sent.get(conversation)!.push(text);
          answers.push(house.router.send({ user: owner, conversation, name: newName(), text, again: false }));
        }
        await afterTurns(null, 1 + (i % 3));
      }
    })();
    for (let round = 0; round < 6; round++) {
      const nats = connections[(round + 2) % 3]!;
      joined.push(house.join(nats, openMessaging(store).messaging));
      await until("the new one is known", () => house.router.stats().instances === 3);
      const count = answers.length;
      await until("some were sent", () => answers.length > count + 200);
      await joined.shift()!.leave();
    }
    isOver = true;
    await streaming;
    const refusals = (await Promise.all(answers)).filter((answer) => !answer.ok);
    expect(refusals).toEqual([]);
    expect(house.router.stats().returned).toBeGreaterThan(0);
    for (const room of rooms) {
      const stored = (await allMessages(store.messageLog, room, no(1))).map((message) => message.text);
      expect(stored).toEqual(sent.get(room)!);
    }
    expect(house.failures).toEqual([]);
  });

  test("[P57] what is in flight to a service that dies is rejected at once, what comes after goes to another", async () => {
    const [gateway, first, second] = await openConnections(3);
    const house = new House(gateway!);
    const hanging = answering({ send: () => new Promise(() => {}) });
    house.join(first!, hanging, "first");
    await until("the first is known", () => house.router.stats().instances === 1);
    const given = Array.from({ length: 50 }, () => house.router.send(command(newConversationId())));
    const settled = Promise.allSettled(given);
    await gateway!.flush();
    await until("they are in flight", () => house.router.stats().inFlight === 50);
    await gateway!.flush();
    const live = answering({ send: async () => receipt });
    house.join(second!, live, "second");
    await until("the second is known", () => house.router.stats().instances === 2);
    await first!.close();
    const startedAt = performance.now();
    // NATS tells with the next command that nobody listens; that one reaches the second service.
    const after = await Promise.all(
      Array.from({ length: 50 }, () => house.router.send(command(newConversationId()))),
    );
    expect(after).toEqual(Array.from({ length: 50 }, () => receipt));
    const answers = await settled;
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect(answers.every(failed)).toBe(true);
    for (const answer of answers)
      expect(answer.status === "rejected" && answer.reason).toBeInstanceOf(StoreUnavailable);
  });

  test("[P57] whom the roll call forgets is given up, whether NATS knows or not", async () => {
    const [gateway, first] = await openConnections(2);
    const house = new House(gateway!);
    house.join(first!, answering({ send: () => new Promise(() => {}) }));
    await until("it is known", () => house.router.stats().instances === 1);
    const given = house.router.send(command(newConversationId()));
    await until("it is in flight", () => house.router.stats().inFlight === 1);
    await gateway!.flush();
    house.room.cards.clear();
    house.room.changed();
    await expect(given).rejects.toBeInstanceOf(StoreUnavailable);
  });

  test("[P57] without any service a command waits a moment, and is then answered unavailable with a hint", async () => {
    const [gateway, first] = await openConnections(2);
    const house = new House(gateway!, { ownerWaitMs: 100, unavailableRetryMs: 123 });
    const conversation = newConversationId();
    const refusal = { ok: false, refusal: { reason: "unavailable", retryAfterMs: 123 } };
    expect((await house.router.send(command(conversation))) as unknown).toEqual(refusal);
    await expect(house.router.heads([conversation])).rejects.toBeInstanceOf(StoreUnavailable);
    const waiting = house.router.send(command(conversation));
    house.join(first!, answering({ send: async () => receipt }));
    expect(await waiting).toEqual(receipt);
    await gateway!.close();
    expect((await house.router.send(command(conversation))) as unknown).toEqual(refusal);
  });

  test("[P34] a command without an answer is rejected at its deadline, and one that fails at once", async () => {
    const [gateway, first] = await openConnections(2);
    const house = new House(gateway!, { deadlineMs: 200 });
    const service = answering({
      send: () => new Promise(() => {}),
      edit: () => Promise.reject(new StoreUnavailable("broken")),
    });
    house.join(first!, service);
    await expect(house.router.send(command(newConversationId()))).rejects.toBeInstanceOf(StoreUnavailable);
    const edit = house.router.edit(user, newConversationId(), seq(1), "text");
    await expect(edit).rejects.toBeInstanceOf(StoreUnavailable);
    expect(house.router.stats().inFlight).toBe(0);
  });

  test("[P34] a method that the other release does not know is refused clearly, and harms no other", async () => {
    const [gateway, first] = await openConnections(2);
    const house = new House(gateway!);
    house.join(first!, answering({ send: async () => receipt }));
    await until("it is known", () => house.router.stats().instances === 1);
    const asked: unknown[] = [];
    gateway!.subscribe("messaging-test.answers.>", (_, data) =>
      asked.push(Buffer.from(data).toString("utf8", 1)),
    );
    const instance = [...house.room.cards.values()][0]!.read().instance;
    gateway!.publish(
      commandSubject(gateway!, instance),
      Buffer.from(`\u0001[[1,"dance",[]]]`),
      "messaging-test.answers.x.1",
    );
    await until("it is answered", () => asked.length === 1);
    expect(asked).toEqual(['[[1,"unknown"]]']);
    expect(await house.router.send(command(newConversationId()))).toEqual(receipt);
  });

  test("[P37] more in flight to one service than allowed is overloaded at once, and nothing of it reaches it", async () => {
    const [gateway, first] = await openConnections(2);
    const house = new House(gateway!, { inFlightMax: 10, overloadedRetryMs: 77 });
    const gate = Promise.withResolvers<void>();
    const reached: string[] = [];
    const send = async (each: SendCommand) => {
      reached.push(each.name);
      await gate.promise;
      return receipt;
    };
    house.join(first!, answering({ send }));
    await until("it is known", () => house.router.stats().instances === 1);
    const commands = Array.from({ length: 25 }, () => command(newConversationId()));
    const given = commands.map((each) => house.router.send(each));
    const refused = { ok: false, refusal: { reason: "overloaded", retryAfterMs: 77 } };
    expect((await Promise.all(given.slice(10))) as unknown[]).toEqual(
      Array.from({ length: 15 }, () => refused),
    );
    gate.resolve();
    expect(await Promise.all(given.slice(0, 10))).toEqual(Array.from({ length: 10 }, () => receipt));
    expect(reached).toEqual(commands.slice(0, 10).map((each) => each.name));
    expect(await house.router.send(command(newConversationId()))).toEqual(receipt);
  });

  test("[P37] where answers have become slow, few are in flight; lists are not held back", async () => {
    const [gateway, first] = await openConnections(2);
    const house = new House(gateway!, { answerMsMax: 0.1, inFlightSlowMax: 4, overloadedRetryMs: 77 });
    let gate = Promise.withResolvers<void>();
    const send = async () => {
      await gate.promise;
      return receipt;
    };
    house.join(first!, answering({ send, heads: async (ids) => ids.map(() => null) }));
    await until("it is known", () => house.router.stats().instances === 1);
    const slow = house.router.send(command(newConversationId()));
    const askedAt = performance.now();
    await until("it took long", () => performance.now() - askedAt > 100);
    gate.resolve();
    expect(await slow).toEqual(receipt);
    gate = Promise.withResolvers<void>();
    const given = Array.from({ length: 9 }, () => house.router.send(command(newConversationId())));
    const refused = { ok: false, refusal: { reason: "overloaded", retryAfterMs: 77 } };
    expect((await Promise.all(given.slice(4))) as unknown[]).toEqual(
      Array.from({ length: 5 }, () => refused),
    );
    expect(await house.router.heads([newConversationId()])).toEqual([null]);
    gate.resolve();
    expect(await Promise.all(given.slice(0, 4))).toEqual(Array.from({ length: 4 }, () => receipt));
  });

  test("[P34] lists are answered in the order asked, by the services of their conversations; large answers come whole", async () => {
    const [gateway, first, second] = await openConnections(3);
    const house = new House(gateway!);
    const asked: ConversationId[][] = [[], []];
    const text = "ü".repeat(12 * 1024);
    for (const [i, nats] of [first!, second!].entries()) {
      const newest: Messaging["newest"] = async (ids) => {
        asked[i]!.push(...ids);
        return ids.map((id) => ({ ...message, text: id + text }));
      };
      const heads: Messaging["heads"] = async (ids) => {
        asked[i]!.push(...ids);
        return ids.map((id, at) => (at % 2 ? null : { rev: id as never, lastSeq: seq(1) }));
      };
      house.join(nats, answering({ newest, heads }));
    }
    await until("both are known", () => house.router.stats().instances === 2);
    const ids = Array.from({ length: 1000 }, newConversationId);
    const doubled = [...ids, ids[0]!];
    const got = await house.router.newest(doubled);
    expect(got.map((each) => each!.text.slice(0, 36))).toEqual(doubled);
    expect(got.every((each) => each!.text.length === 36 + text.length)).toBe(true);
    expect(
      (await house.router.heads(ids)).every((each, at) => each === null || String(each.rev) === ids[at]),
    ).toBe(true);
    for (const all of asked) expect(all.length).toBeGreaterThan(500);
    expect(asked[0]!.filter((id) => asked[1]!.includes(id))).toEqual([]);
  });

  const message = { rev: rev(1), seq: seq(1), author: no(1), at: 1, name: newName() };

  test("[P88] cursors come from every service; one that is silent delays nobody for long", async () => {
    const [gateway, ...connections] = await openConnections(4);
    const house = new House(gateway!, { eachWaitMs: 100 });
    const cursor = (at: number) => ({ user, conversation: newConversationId(), seq: seq(at) });
    const told = [cursor(1), cursor(2)];
    const silent = () => new Promise<never>(() => {});
    for (const [i, waitingCursors] of [async () => [told[0]!], async () => [told[1]!], silent].entries())
      house.join(connections[i]!, answering({ waitingCursors }));
    await until("all are known", () => house.router.stats().instances === 3);
    const began = performance.now();
    expect(await house.router.waitingCursors([user])).toEqual(expect.arrayContaining(told));
    expect(performance.now() - began).toBeLessThan(2_000);
    house.router.close();
  });

  test("[P34] what this process serves itself is asked by a call, also while the bus is away", async () => {
    const [gateway] = await openConnections(1);
    const calls: string[] = [];
    const messaging = answering({
      send: async (each) => {
        calls.push(each.name);
        return receipt;
      },
    });
    const house = new House(gateway!, {}, { instance: "here", messaging });
    house.join(gateway!, messaging, "here");
    await until("it is known", () => house.router.stats().instances === 1);
    const commands = Array.from({ length: 5 }, () => command(newConversationId()));
    for (const each of commands) expect(await house.router.send(each)).toEqual(receipt);
    await gateway!.close();
    expect(await house.router.send(commands[0]!)).toEqual(receipt);
    expect(calls).toEqual([...commands, commands[0]!].map((each) => each.name));
    expect(house.router.stats().batches).toBe(0);
  });
});

describe("the command bus over three NATS nodes", () => {
  test("[P57] a node that dies under a stream of sends costs seconds, no acknowledged message and no order", async () => {
    const cluster = await startNats({ nodes: 3 });
    const connected: Nats[] = [];
    try {
      const open = async (urls: readonly string[]) => {
        const nats = await openNats({ urls, name: "test", namespace: "killed", onFailure: () => {} });
        connected.push(nats);
        return nats;
      };
      const gateway = await open(cluster.urls.slice(0, 1));
      const service = await open(cluster.urls.slice(1));
      const other = await open(cluster.urls.slice(2));
      const at = service.connection.getServer();
      const node = cluster.nodes.find(({ url }) => url.endsWith(at))!;
      const store = openStore();
      const [owner] = (await signUp(store, 1)) as [UserId];
      const rooms = await Promise.all(Array.from({ length: 10 }, () => newRoom(store, owner)));
      const house = new House(gateway);
      for (const nats of [service, other]) house.join(nats, openMessaging(store).messaging);
      await until("both are known", () => house.router.stats().instances === 2);
      let isOver = false;
      let acknowledged = 0;
      let slowestMs = 0;
      const people = rooms.map(async (conversation) => {
        const receipts: number[] = [];
        while (!isOver) {
          const name = newName();
          const startedAt = performance.now();
          for (let again = false; ; again = true) {
            const send = { user: owner, conversation, name, text: name, again };
            const answer = await house.router.send(send).catch(() => null);
            if (answer?.ok) {
              receipts.push(answer.value.seq);
              break;
            }
            await afterTurns(null, 20);
          }
          acknowledged++;
          slowestMs = Math.max(slowestMs, performance.now() - startedAt);
        }
        return receipts;
      });
      await until("some are acknowledged", () => acknowledged > 100);
      await node.kill9();
      const before = acknowledged;
      await until("all of them go on", () => acknowledged > before + 500);
      isOver = true;
      for (const [i, receipts] of (await Promise.all(people)).entries()) {
        const stored = await allMessages(store.messageLog, rooms[i]!, no(1));
        expect(receipts).toEqual(stored.map((each) => each.seq as number));
        expect(receipts).toEqual(Array.from(receipts, (_, index) => index + 1));
      }
      expect(slowestMs).toBeLessThan(5000);
      expect(house.failures).toEqual([]);
    } finally {
      for (const nats of connected) await nats.close();
      await cluster.close();
    }
  });
});

async function newRoom(store: StoreUnderTest, owner: UserId): Promise<ConversationId> {
  const made = await openMessaging(store).messaging.create(owner, "group", "A room", []);
  if (!made.ok) throw new Error("a room should be granted");
  return made.value.id;
}
