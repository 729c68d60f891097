// The contract of the outbox, rules P20 - P23, for every adapter of the port.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { ConversationId } from "#base/ids.ts";
import { comparePositions, type Outbox, type OutboxEvent } from "#ports/outbox.ts";
import { consumerAtTheEnd, eventsOf } from "./drained-outbox.ts";
import {
  appendGroup,
  fill,
  newMessage,
  newUser,
  nextTime,
  no,
  openConversation,
  rev,
  seq,
} from "./made-up.ts";
import { roomsOfOneLane } from "./rooms.ts";
import type { OpenStore, StoreUnderTest } from "./store-under-test.ts";

export function outboxContract(name: string, open: OpenStore): void {
  describe(`the outbox, ${name}`, () => {
    let store: StoreUnderTest;
    let outbox: Outbox;
    beforeAll(async () => {
      store = await open();
      outbox = store.outbox;
    });
    afterAll(() => store?.close());

    test("[P20] a group's messages stand in one entry, as ranges, without names that were known", async () => {
      const consumer = await consumerAtTheEnd(outbox);
      const rooms = (await roomsOfOneLane(store, 2)) as [ConversationId, ConversationId];
      const [known] = await fill(store.messageLog, rooms[0], 1);
      const group = [rooms[0], rooms[1], rooms[0]].map((room) => newMessage(room));
      await store.messageLog.append(store.messageLog.laneOf(rooms[0]), [
        { ...known!, again: true },
        ...group,
      ]);
      await appendGroup(store.messageLog, [{ ...known!, again: true }]);
      const messages = eventsOf(await consumer.next(), rooms[0]).filter((event) => event.kind === "messages");
      expect(messages.length).toBe(2);
      expect(messages[0]!.ranges).toEqual([{ conversation: rooms[0], fromSeq: seq(1), toSeq: seq(1) }]);
      const ranges = messages[1]!.ranges.toSorted((a, b) => b.toSeq - a.toSeq);
      expect(ranges).toEqual([
        { conversation: rooms[0], fromSeq: seq(2), toSeq: seq(3) },
        { conversation: rooms[1], fromSeq: seq(1), toSeq: seq(1) },
      ]);
    });

    test("[P20] every change has its entry; what is refused, known or stood so already has none", async () => {
      const consumer = await consumerAtTheEnd(outbox);
      const { messageLog, conversationStore } = store;
      const { id, rev: created } = await openConversation(store);
      await fill(messageLog, id, 2);
      await messageLog.edit(id, seq(1), no(1), "edited", nextTime());
      await messageLog.edit(id, seq(1), no(2), "not allowed", nextTime());
      await messageLog.react(id, seq(1), no(2), "🌳", true, nextTime());
      await messageLog.react(id, seq(1), no(2), "🌳", true, nextTime());
      await messageLog.remove(id, seq(2), no(1), nextTime());
      await messageLog.remove(id, seq(2), no(1), nextTime());
      await conversationStore.rename(id, "A new title");
      await conversationStore.rename(id, "A new title");
      const events = eventsOf(await consumer.next(), id);
      const changed = (after: number, at: number): OutboxEvent => ({
        kind: "changed",
        conversation: id,
        rev: rev(created + after),
        seq: seq(at),
      });
      expect(events.map((event) => event.kind)).toEqual([
        "memberships",
        "messages",
        ...Array(4).fill("changed"),
      ]);
      expect(events.slice(2)).toEqual([changed(3, 1), changed(4, 1), changed(5, 2), changed(6, 0)]);
    });

    test("[P20] [P21] with many writers at once a slow consumer misses none of the committed messages", async () => {
      const consumer = await consumerAtTheEnd(outbox);
      const rooms = await Promise.all(Array.from({ length: 8 }, () => openConversation(store)));
      const seen = new Map<ConversationId, number[]>();
      let seenCount = 0;
      const follow = async () => {
        for (const deadline = performance.now() + 20_000; seenCount < 8 * 24; ) {
          if (performance.now() > deadline) throw new Error(`only ${seenCount} messages came`);
          for (const { event } of await consumer.next())
            for (const range of event.kind === "messages" ? event.ranges : [])
              for (let at: number = range.fromSeq; at <= range.toSeq; at++, seenCount++)
                seen.set(range.conversation, [...(seen.get(range.conversation) ?? []), at]);
          await new Promise(setImmediate);
        }
      };
      const writers = rooms.map(async ({ id }, index) => {
        const through = index % 2 ? store.messageLog : store.other.messageLog;
        for (let group = 0; group < 12; group++) await fill(through, id, 1 + (group % 3));
      });
      await Promise.all([...writers, follow()]);
      const all = Array.from({ length: 24 }, (_, index) => index + 1);
      for (const { id } of rooms) expect(seen.get(id)).toEqual(all);
    });

    test("[P21] what commits late is not passed over, and what is aborted never shows", async () => {
      if (!store.holdAppend) return expectCommitsToBeSingleSteps();
      const consumer = await consumerAtTheEnd(outbox);
      const [slow, aborted, quick] = (await roomsOfOneLane(store, 3)) as ConversationId[];
      const held = await store.holdAppend(newMessage(slow!));
      const doomed = await store.holdAppend(newMessage(aborted!));
      await fill(store.messageLog, quick!, 1);
      const early = await consumer.next();
      expect(eventsOf(early, slow!).filter((event) => event.kind === "messages")).toEqual([]);
      await held.commit();
      await doomed.abort();
      const all = [...early, ...(await consumer.next())];
      const counts = [slow!, aborted!, quick!].map(
        (room) => eventsOf(all, room).filter((event) => event.kind === "messages").length,
      );
      expect(counts).toEqual([1, 0, 1]);
    });

    /** Where nothing can be held open, a written message is in the outbox as soon as anyone can read it. */
    async function expectCommitsToBeSingleSteps() {
      const consumer = await consumerAtTheEnd(outbox);
      const { id } = await openConversation(store);
      const appended = fill(store.messageLog, id, 1);
      for (;;) {
        const [newest] = await store.messageLog.newest([id]);
        const told = eventsOf(await consumer.next(), id).some((event) => event.kind === "messages");
        if (newest) expect(told).toBe(true);
        if (told) break;
      }
      await appended;
    }

    test("[P21] [P22] a new consumer starts at the oldest entry kept; another's cursor is not its own", async () => {
      const { id } = await openConversation(store);
      const first = `consumer-${nextTime()}`;
      const second = `it's "${nextTime()}"; --`;
      const [entry] = await outbox.read(first, 1);
      expect(entry).toBeDefined();
      await outbox.confirm(first, entry!.position);
      expect(await outbox.read(second, 1)).toEqual([entry!]);
      const all = await readAll(second);
      expect(eventsOf(all, id).length).toBe(1);
    });

    async function readAll(consumer: string) {
      return outbox.read(consumer, 1_000_000);
    }

    test("[P22] what is not confirmed comes again, also to another process; the cursor never goes back", async () => {
      const consumer = await consumerAtTheEnd(outbox);
      for (let count = 0; count < 5; count++) await openConversation(store, [newUser()]);
      const entries = await outbox.read(consumer.name, 3);
      expect(entries.length).toBe(3);
      expect(await outbox.read(consumer.name, 3)).toEqual(entries);
      await outbox.confirm(consumer.name, entries[1]!.position);
      expect(await store.other.outbox.read(consumer.name, 1)).toEqual([entries[2]!]);
      await store.other.outbox.confirm(consumer.name, entries[0]!.position);
      expect(await outbox.read(consumer.name, 1)).toEqual([entries[2]!]);
    });

    test("[P22] what comes after a hint can be read; a taken back hint is not given", async () => {
      const consumer = await consumerAtTheEnd(outbox);
      let taken = 0;
      const takeBack = outbox.onHint(() => taken++);
      takeBack();
      let told: (() => void) | undefined;
      const hinted = new Promise<void>((resolve) => {
        told = resolve;
      });
      const end = outbox.onHint(() => told?.());
      const { id } = await openConversation(store);
      await hinted;
      expect(eventsOf(await consumer.next(), id).length).toBe(1);
      expect(taken).toBe(0);
      end();
    });

    test("[P71] after looks ahead of what is confirmed; waiting counts what is not confirmed", async () => {
      const consumer = await consumerAtTheEnd(outbox);
      expect(await outbox.waiting(consumer.name)).toBe(0);
      for (let count = 0; count < 4; count++) await openConversation(store, [newUser()]);
      const entries = await outbox.read(consumer.name, 10);
      expect(entries.length).toBe(4);
      expect(await outbox.waiting(consumer.name)).toBe(4);
      expect(await outbox.after(entries[0]!.position, 2)).toEqual(entries.slice(1, 3));
      expect(await outbox.after(entries[3]!.position, 2)).toEqual([]);
      await outbox.confirm(consumer.name, entries[2]!.position);
      expect(await outbox.waiting(consumer.name)).toBe(1);
      expect(await outbox.lineage()).toBe(await store.other.outbox.lineage());
      expect(await store.other.outbox.after(entries[1]!.position, 10)).toEqual(entries.slice(2));
      for (const [index, { position }] of entries.entries())
        for (const [otherIndex, other] of entries.entries())
          expect(Math.sign(comparePositions(position, other.position))).toBe(Math.sign(index - otherIndex));
    });

    test("[P23] trim deletes what all named consumers have confirmed, and no more", async () => {
      const fast = await consumerAtTheEnd(outbox);
      const slow = await consumerAtTheEnd(outbox);
      await outbox.trim([fast.name, slow.name]);
      const ids: ConversationId[] = [];
      for (let count = 0; count < 4; count++) ids.push((await openConversation(store)).id);
      const entries = await fast.next();
      await outbox.confirm(slow.name, entries[1]!.position);
      const newcomer = () => readAll(`consumer-${nextTime()}`);
      expect(await outbox.trim([fast.name, slow.name])).toBe(2);
      expect(await newcomer()).toEqual(entries.slice(2));
      expect(await outbox.trim([fast.name, slow.name, `never-read-${nextTime()}`])).toBe(0);
      expect(await outbox.trim([fast.name, slow.name])).toBe(0);
      expect(await store.other.outbox.read(slow.name, 10)).toEqual(entries.slice(2));
      expect(await outbox.trim([fast.name])).toBe(2);
      expect(await newcomer()).toEqual([]);
      const { id } = await openConversation(store);
      expect(eventsOf(await fast.next(), id).length).toBe(1);
    });
  });
}
