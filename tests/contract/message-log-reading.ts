// The contract of the message log, rules P6 and P7: catching up and paging.

import { beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import type { ConversationId } from "#base/ids.ts";
import type { Message } from "#core/messages/message.ts";
import type { MessageLog, Page } from "#ports/message-log.ts";
import { type Copy, catchUp, copyAnew, emptyCopy } from "./conversation-copy.ts";
import {
  allMessages,
  fill,
  newConversationId,
  newMessage,
  newUsers,
  nextTime,
  no,
  openConversation,
  rev,
  seed,
  seq,
} from "./made-up.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export function readingContract(storeOf: () => StoreUnderTest): void {
  let store: StoreUnderTest;
  let log: MessageLog;
  beforeAll(() => {
    store = storeOf();
    log = store.messageLog;
  });

  const users = newUsers(6);
  const doing = fc.oneof(
    { weight: 4, arbitrary: fc.record({ does: fc.constant("send" as const), by: fc.nat(2) }) },
    fc.record({
      does: fc.constantFrom("edit" as const, "remove" as const),
      at: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({
      does: fc.constant("react" as const),
      at: fc.integer({ min: 1, max: 9 }),
      by: fc.integer({ min: 1, max: 3 }),
      emoji: fc.constantFrom("👍", "🌳"),
      on: fc.boolean(),
    }),
    fc.record({ does: fc.constantFrom("add" as const, "take out" as const), user: fc.nat(5) }),
    fc.record({ does: fc.constant("rename" as const), title: fc.constantFrom("A", "B", "C") }),
  );
  type Doing = typeof doing extends fc.Arbitrary<infer T> ? T : never;

  async function act(through: StoreUnderTest["other"], id: ConversationId, what: Doing): Promise<unknown> {
    const { messageLog, conversationStore } = through;
    switch (what.does) {
      case "send":
        return messageLog.append(log.laneOf(id), [newMessage(id, { author: no(what.by + 1) })]);
      case "edit":
        return messageLog.edit(id, seq(what.at), null, `edited ${nextTime()}`, nextTime());
      case "remove":
        return messageLog.remove(id, seq(what.at), null, nextTime());
      case "react":
        return messageLog.react(id, seq(what.at), no(what.by), what.emoji, what.on, nextTime());
      case "add":
        return conversationStore.addMembers(id, [users[what.user]!], "member", 100);
      case "take out":
        return conversationStore.setMember(id, users[what.user]!, { active: false });
      case "rename":
        return conversationStore.rename(id, what.title);
    }
  }

  test("[P6] from any point, also one read while others write, catching up gives the full state", async () => {
    const rounds = fc.array(fc.array(doing, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 });
    const property = fc.asyncProperty(rounds, async (wanted) => {
      const { id } = await openConversation(store, users.slice(0, 3));
      const copies: Copy[] = [emptyCopy(id)];
      for (const [round, doings] of wanted.entries()) {
        const follower = copies[round]!;
        const [follow] = await Promise.all([
          catchUp(store.other.messageLog, follower, 1000),
          ...doings.map((what, index) => act(index % 2 ? store : store.other, id, what)),
        ]);
        copies.push(follow);
      }
      const anew = await copyAnew(store, id);
      for (const copy of copies) expect(await catchUp(log, copy, 1000)).toEqual(anew);
    });
    await fc.assert(property, { seed, numRuns: 25 });
  });

  async function headRev(id: ConversationId): Promise<number> {
    const [conversation] = await store.conversationStore.conversations([id]);
    return conversation!.rev;
  }

  test("[P6] who is at the head gets nothing; above rowsMax it is a reset without rows", async () => {
    const { id } = await openConversation(store);
    await fill(log, id, 4);
    await log.edit(id, seq(1), no(1), "edited", nextTime());
    const head = await headRev(id);
    const since = (from: number, at: number, rowsMax: number) =>
      log.since(id, rev(from), seq(at), no(1), rowsMax);
    const empty = { rev: rev(head), lastSeq: seq(4), changes: [] };
    expect(await since(head, 4, 10)).toEqual({ ...empty, reset: false });
    expect(await since(head - 5, 0, 4)).toMatchObject({ reset: false, changes: [{}, {}, {}, {}] });
    expect(await since(head - 5, 0, 3)).toEqual({ ...empty, reset: true });
    expect(await since(head - 1, 4, 0)).toEqual({ ...empty, reset: true });
    expect(await log.since(newConversationId(), rev(0), seq(0), no(1), 10)).toBeNull();
  });

  test("[P6] a reader who has all changes but not all messages gets the messages above its seq", async () => {
    const { id } = await openConversation(store);
    await fill(log, id, 5);
    const head = await headRev(id);
    const answer = await log.since(id, rev(head), seq(3), no(1), 10);
    expect(answer).toMatchObject({ rev: head, lastSeq: 5, changes: [{ seq: 4 }, { seq: 5 }] });
  });

  test("[P6] each reader gets their own reactions, and an empty list when the last was taken back", async () => {
    const { id } = await openConversation(store);
    await fill(log, id, 1);
    const react = (member: number, on: boolean) => log.react(id, seq(1), no(member), "🌳", on, nextTime());
    const reactionsSince = async (reader: number) => {
      const answer = await log.since(id, rev(0), seq(1), no(reader), 10);
      return answer!.changes.flatMap((change) => (change.kind === "message" ? [change.reactions] : []));
    };
    await react(2, true);
    expect(await reactionsSince(1)).toEqual([[{ emoji: "🌳", count: 1, mine: false }]]);
    expect(await reactionsSince(2)).toEqual([[{ emoji: "🌳", count: 1, mine: true }]]);
    await react(2, false);
    expect(await reactionsSince(2)).toEqual([[]]);
  });

  test("[P7] paging forwards and backwards with any page size gives each message once", async () => {
    const property = fc.asyncProperty(fc.nat(25), fc.integer({ min: 1, max: 8 }), async (count, size) => {
      const { id } = await openConversation(store);
      const sends = await fill(log, id, count);
      if (count > 2) await log.remove(id, seq(2), null, nextTime());
      const forwards = await pagedForwards(id, size);
      expect(forwards.map((message) => message.name)).toEqual(sends.map((send) => send.name));
      expect(await allMessages(log, id, no(1), size)).toEqual(forwards);
      expect(forwards[1]?.deletedAt !== undefined).toBe(count > 2);
    });
    await fc.assert(property, { seed, numRuns: 15 });
  });

  async function pagedForwards(id: ConversationId, size: number): Promise<Message[]> {
    const messages: Message[] = [];
    for (let hasAfter = true; hasAfter; ) {
      const from = { after: messages.at(-1)?.seq ?? seq(0) };
      const page: Page | null = await log.page(id, from, size, no(1));
      expect(page!.messages.length).toBeLessThanOrEqual(size);
      expect(page!.hasBefore).toBe(messages.length > 0);
      messages.push(...page!.messages);
      hasAfter = page!.hasAfter;
      if (hasAfter) expect(page!.messages.length).toBe(size);
    }
    return messages;
  }

  test("[P7] around a message stand its neighbours on both sides, and what is beyond is told", async () => {
    const { id } = await openConversation(store);
    await fill(log, id, 20);
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 30 }),
      async (around, count) => {
        const page = (await log.page(id, { around: seq(around) }, count, no(1)))!;
        const seqs = page.messages.map((message) => message.seq as number);
        expect(seqs).toEqual(seqs.map((_, index) => seqs[0]! + index));
        expect(seqs).toContain(around);
        expect(seqs.length).toBeLessThanOrEqual(count);
        const before = around - seqs[0]!;
        const after = seqs.at(-1)! - around;
        expect(before).toBeGreaterThanOrEqual(Math.min(around - 1, Math.ceil(count / 2) - 1));
        expect(after).toBeGreaterThanOrEqual(Math.min(20 - around, Math.ceil(count / 2) - 1));
        expect(page).toMatchObject({ hasBefore: seqs[0]! > 1, hasAfter: seqs.at(-1)! < 20, lastSeq: 20 });
      },
    );
    await fc.assert(property, { seed, numRuns: 30 });
  });

  test("[P7] at and beyond the ends a page is empty or short and says so", async () => {
    const { id } = await openConversation(store);
    const nothing = { messages: [], hasBefore: false, hasAfter: false, lastSeq: seq(0) };
    expect(await log.page(id, "head", 5, no(1))).toMatchObject(nothing);
    for (const around of [seq(1), seq(99)])
      expect(await log.page(id, { around }, 5, no(1))).toMatchObject(nothing);
    await fill(log, id, 3);
    const page = async (from: Parameters<MessageLog["page"]>[1]) => {
      const { messages, hasBefore, hasAfter } = (await log.page(id, from, 2, no(1)))!;
      return [messages.map((message) => message.seq as number), hasBefore, hasAfter];
    };
    expect(await page("head")).toEqual([[2, 3], true, false]);
    expect(await page({ before: seq(1) })).toEqual([[], false, true]);
    expect(await page({ before: seq(99) })).toEqual([[2, 3], true, false]);
    expect(await page({ after: seq(3) })).toEqual([[], true, false]);
    expect(await page({ after: seq(99) })).toEqual([[], true, false]);
    expect(await log.page(newConversationId(), "head", 2, no(1))).toBeNull();
  });
}
