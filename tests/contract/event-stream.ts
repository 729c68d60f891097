// The contract of the event stream, rules P72 - P74, for every adapter of the port; and that a consumer which runs over
// it loses nothing, whatever fails (P77, P78).

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { systemClock } from "#adapters/bun/clock.ts";
import type { ConversationId } from "#base/ids.ts";
import type { DeadLetters } from "#ports/dead-letters.ts";
import type { EventStream, StreamedEvent } from "#ports/event-stream.ts";
import type { OutboxEvent } from "#ports/outbox.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { type RunningConsumer, startConsumer } from "#services/worker/consume.ts";
import { workerLimits } from "#services/worker/worker-limits.ts";
import { until } from "#tests/parts/until.ts";
import { newConversationId, openConversation } from "./made-up.ts";
import type { StorePorts } from "./store-under-test.ts";

export interface StreamUnderTest {
  readonly stream: EventStream;
  /** The same stream as another process reads it. */
  readonly other: EventStream;
  readonly consumers: readonly [string, string];
  readonly deadLetters: DeadLetters;
  /** Makes `count` events, each of a conversation of its own, in this order; the first one's may be named. */
  make(count: number, id?: ConversationId): Promise<ConversationId[]>;
  close(): Promise<void>;
}

export function eventStreamContract(name: string, open: () => Promise<StreamUnderTest>): void {
  describe(`the event stream, ${name}`, () => {
    let opened: StreamUnderTest;
    let first: string;
    let second: string;
    const running: RunningConsumer[] = [];
    beforeAll(async () => {
      opened = await open();
      [first, second] = opened.consumers;
    });
    afterEach(async () => {
      await Promise.all(running.splice(0).map((it) => it.stop()));
      for (const consumer of opened.consumers) await takeAll(opened.stream, consumer, 0);
    });
    afterAll(() => opened?.close());

    test("[P72] each consumer gets every event, in the order of the outbox, under the same id", async () => {
      const made = await opened.make(7);
      const mine = await takeAll(opened.stream, first, 7);
      const theirs = await takeAll(opened.other, second, 7);
      expect(mine.map(conversationOf)).toEqual(made);
      expect(theirs.map((it) => it.id)).toEqual(mine.map((it) => it.id));
      expect(theirs.map((it) => it.event)).toEqual(mine.map((it) => it.event));
      expect(mine[0]!.deliveries).toBe(1);
    });

    test("[P73] what is confirmed does not come again; what is not does, under its id, also elsewhere", async () => {
      const made = await opened.make(5);
      const given = await readSome(opened.stream, first, 5);
      expect(given.map(conversationOf)).toEqual(made);
      await opened.stream.confirm(first, [given[0]!, given[1]!, given[3]!]);
      const again = await takeAll(opened.stream, first, 2);
      expect(again.map((it) => it.id)).toEqual([given[2]!.id, given[4]!.id]);
      expect(again.every((it) => it.deliveries > 1)).toBe(true);

      const [more] = await opened.make(2);
      const [taken] = await readSome(opened.stream, first, 1);
      expect(conversationOf(taken!)).toBe(more!);
      const elsewhere = await takeAll(opened.other, first, 2);
      expect(elsewhere.map((it) => it.id)).toContain(taken!.id);
    });

    test("[P73] what is given back comes again after its time, and the others need not wait for it", async () => {
      const made = await opened.make(1);
      const [given] = await readSome(opened.stream, first, 1);
      const began = performance.now();
      await opened.stream.giveBack(first, [given!], 400);
      const [later] = await opened.make(1);
      const [next] = await readSome(opened.stream, first, 1);
      expect(conversationOf(next!)).toBe(later!);
      expect(performance.now() - began).toBeLessThan(390);
      await opened.stream.confirm(first, [next!]);
      const [again] = await takeAll(opened.stream, first, 1);
      expect(conversationOf(again!)).toBe(made[0]!);
      expect(performance.now() - began).toBeGreaterThan(390);
    });

    test("[P74] lag is what a consumer has not confirmed, given or not", async () => {
      const { stream } = opened;
      const isLag = (count: number) =>
        until(`a lag of ${count}`, async () => (await stream.lag(first)) === count);
      await isLag(0);
      await opened.make(3);
      await isLag(3);
      const given = await readSome(stream, first, 3);
      await isLag(3);
      await stream.confirm(first, given.slice(0, 2));
      await isLag(1);
      await stream.giveBack(first, given.slice(2), 0);
    });

    test("[P77] a poisoned event is put aside after its tries; the others of its batch and later ones go on", async () => {
      const handled: ConversationId[] = [];
      const poisoned = new Set<ConversationId>();
      start(async (events) => {
        if (events.some((it) => poisoned.has(roomOf(it)))) throw new RangeError('no such thing: "a secret"');
        handled.push(...events.map(roomOf));
      });
      const warm = await opened.make(1);
      await until("the consumer runs", () => handled.includes(warm[0]!));
      const poison = newConversationId();
      poisoned.add(poison);
      await opened.make(1, poison);
      const others = await opened.make(6);
      await until("the others are handled", () => others.every((it) => handled.includes(it)));
      const [letter] = await until("a dead letter", async () => {
        const letters = await opened.deadLetters.list(10, first);
        return letters.length > 0 && letters;
      });
      expect(letter).toMatchObject({ consumer: first, tries: 3, isRetried: false });
      expect(roomOf(letter!.content)).toBe(poison);
      expect(letter!.error).toBe('RangeError: no such thing: "..."');
      expect(running[0]!.stats()).toMatchObject({ consumer: first, deadLetters: 1, failedTries: 3 });
      await until("nothing waits", async () => (await opened.stream.lag(first)) === 0);
      expect(handled).not.toContain(poison);

      poisoned.clear();
      expect(await opened.deadLetters.retry(first, letter!.event)).toBe(1);
      await until("the retry is handled", () => handled.includes(poison));
      await until("it is forgotten", async () => (await opened.deadLetters.list(10, first)).length === 0);
    });

    test("[P77] a failure of the world is tried again for ever and makes nothing a dead letter", async () => {
      const handled: ConversationId[] = [];
      let tries = 0;
      const made = await opened.make(2);
      start(async (events) => {
        if (tries++ < 6) throw new StoreUnavailable("the world is away");
        handled.push(...events.map(roomOf));
      });
      await until("they are handled", () => made.every((it) => handled.includes(it)));
      expect(await opened.deadLetters.list(10, first)).toEqual([]);
      expect(running[0]!.stats().failedTries).toBe(0);
    });

    test("[P73] a consumer that dies between handling and confirming: the events come again to the next one", async () => {
      const made = await opened.make(3);
      await until("all three wait", async () => (await opened.other.lag(first)) === 3);
      const lost = new Set<ConversationId>();
      const dying: EventStream = { ...opened.other, confirm: () => new Promise(() => {}) };
      // It never confirms, so it never ends either: as a process that was killed there.
      startConsumer(
        consumer(async (events) => {
          for (const event of events) lost.add(roomOf(event));
        }),
        needs(dying),
      );
      await until("the first one has handled them", () => made.every((it) => lost.has(it)));
      const handled: ConversationId[] = [];
      start(async (events) => void handled.push(...events.map(roomOf)));
      await until("the next one gets them", () => made.every((it) => handled.includes(it)));
    });

    function start(handle: (events: readonly OutboxEvent[]) => Promise<void>): void {
      running.push(startConsumer(consumer(handle), needs(opened.stream)));
    }

    function consumer(handle: (events: readonly OutboxEvent[]) => Promise<void>) {
      return { name: first, batchMax: 50, isPrompt: true, handle };
    }

    function needs(stream: EventStream) {
      const { deadLetters } = opened;
      return { stream, deadLetters, clock: systemClock, limits: hasty, onFailure: () => {} };
    }
  });
}

const hasty = {
  ...workerLimits,
  lookEveryMs: 20,
  surveyEveryMs: 50,
  triesMax: 3,
  retryAfterMs: 10,
  retryAfterMsMax: 40,
  worldRetryMsMax: 40,
};

/** Exactly `count` events, as they come. */
async function readSome(stream: EventStream, consumer: string, count: number): Promise<StreamedEvent[]> {
  const events: StreamedEvent[] = [];
  await until(`${count} events for ${consumer}`, async () => {
    events.push(...(await stream.read(consumer, count - events.length)));
    return events.length === count;
  });
  return events;
}

/** Reads and confirms until `count` have come and nothing waits any more. */
async function takeAll(stream: EventStream, consumer: string, count: number): Promise<StreamedEvent[]> {
  const events: StreamedEvent[] = [];
  await until(`${count} events for ${consumer}, and no more`, async () => {
    const some = await stream.read(consumer, 100);
    events.push(...some);
    await stream.confirm(consumer, some);
    return events.length >= count && (await stream.lag(consumer)) === 0;
  });
  return events;
}

function roomOf(event: OutboxEvent): ConversationId {
  if (event.kind !== "memberships") throw new Error(`an event of ${event.kind} was not made here`);
  return event.rows[0]!.conversation;
}

function conversationOf({ event }: StreamedEvent): ConversationId {
  return roomOf(event);
}

/** Events are made by opening conversations. */
export function maker(store: Pick<StorePorts, "conversationStore">): StreamUnderTest["make"] {
  return async (count, id) => {
    const ids = Array.from({ length: count }, (_, index) => (index === 0 && id) || newConversationId());
    for (const each of ids) await openConversation(store, undefined, undefined, each);
    return ids;
  };
}
