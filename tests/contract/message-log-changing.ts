// The contract of the message log, rules P4 and P5: edits, deletions and reactions.

import { beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import type { ConversationId } from "#base/ids.ts";
import type { MessageLog } from "#ports/message-log.ts";
import {
  allMessages,
  fill,
  newConversationId,
  newUsers,
  nextTime,
  no,
  openConversation,
  seed,
  seq,
  stored,
} from "./made-up.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export function changingContract(storeOf: () => StoreUnderTest): void {
  let store: StoreUnderTest;
  let log: MessageLog;
  beforeAll(() => {
    store = storeOf();
    log = store.messageLog;
  });

  const head = async (id: ConversationId) => (await store.conversationStore.conversations([id]))[0]!;

  test("[P4] what may not be changed is refused by name and takes no rev", async () => {
    const { id } = await openConversation(store);
    await fill(log, id, 2);
    expect((await log.remove(id, seq(2), no(1), nextTime())).ok).toBe(true);
    const { rev } = await head(id);
    const refusals = [
      [id, seq(3), no(1), "unknown_message"],
      [newConversationId(), seq(1), null, "unknown_message"],
      [id, seq(2), no(1), "message_deleted"],
      [id, seq(2), no(2), "message_deleted"],
      [id, seq(1), no(2), "not_allowed"],
    ] as const;
    for (const [room, at, by, refusal] of refusals) {
      expect(await log.edit(room, at, by, "no", nextTime())).toEqual({ ok: false, refusal });
      expect(await log.remove(room, at, by, nextTime())).toEqual({ ok: false, refusal });
    }
    expect((await head(id)).rev).toBe(rev);
  });

  test("[P4] an edit and a tombstone keep number, name, author and time; a moderator may do both", async () => {
    const { id } = await openConversation(store);
    const [first, second] = await fill(log, id, 2);
    await log.react(id, seq(2), no(2), "👍", true, nextTime());
    const { rev } = await head(id);
    const [editedAt, deletedAt] = [nextTime(), nextTime()];
    const edited = { ...stored(first!), rev: rev + 1, seq: seq(1), text: "other words", editedAt };
    const deleted = { ...stored(second!), rev: rev + 2, seq: seq(2), text: "", deletedAt };
    const { reactions: _, ...editedChange } = edited as Record<string, unknown>;
    expect(await log.edit(id, seq(1), null, "other words", editedAt)).toEqual({
      ok: true,
      value: { kind: "message", ...editedChange } as never,
    });
    expect(await log.remove(id, seq(2), null, deletedAt)).toMatchObject({ ok: true, value: { deletedAt } });
    expect(await allMessages(log, id, no(2))).toEqual([edited, deleted] as never);
    expect((await head(id)).rev as number).toBe(rev + 2);
  });

  test("[P4] of racing edits and deletions one deletion wins, and each success took one rev", async () => {
    const { id } = await openConversation(store);
    await fill(log, id, 1);
    const before = (await head(id)).rev as number;
    const told = await Promise.all(
      Array.from({ length: 24 }, (_, index) => {
        const through = index % 2 ? log : store.other.messageLog;
        return index % 6 === 3
          ? through.remove(id, seq(1), no(1), nextTime())
          : through.edit(id, seq(1), no(1), `text ${index}`, nextTime());
      }),
    );
    const changes = told.flatMap((answer) => (answer.ok ? [answer.value] : []));
    changes.sort((a, b) => a.rev - b.rev);
    expect(changes.map((change) => change.rev as number)).toEqual(
      changes.map((_, index) => before + index + 1),
    );
    expect(changes.filter((change) => change.deletedAt !== undefined)).toEqual([changes.at(-1)!]);
    for (const answer of told) if (!answer.ok) expect(answer.refusal).toBe("message_deleted");
    expect((await head(id)).rev as number).toBe(before + changes.length);
    expect(await log.newest([id])).toMatchObject([{ text: "", rev: before + changes.length }]);
  });

  test("[P5] a reaction that stands so already takes no rev; refusals are named", async () => {
    const { id } = await openConversation(store);
    await fill(log, id, 2);
    await log.remove(id, seq(2), no(1), nextTime());
    const { rev } = await head(id);
    const react = (at: number, member: number, emoji: string, on: boolean) =>
      log.react(id, seq(at), no(member), emoji, on, nextTime());
    const change = { kind: "reaction", seq: 1, emoji: "👍" };
    expect(await react(1, 1, "👍", false)).toEqual({ ok: true, value: null });
    expect(await react(1, 1, "👍", true)).toEqual({
      ok: true,
      value: { ...change, rev: rev + 1, member: 1, on: true, count: 1 } as never,
    });
    expect(await react(1, 1, "👍", true)).toEqual({ ok: true, value: null });
    expect(await react(1, 2, "👍", true)).toMatchObject({ ok: true, value: { rev: rev + 2, count: 2 } });
    expect(await react(1, 1, "👍", false)).toMatchObject({
      ok: true,
      value: { rev: rev + 3, on: false, count: 1 },
    });
    expect(await react(2, 1, "👍", true)).toEqual({ ok: false, refusal: "message_deleted" });
    expect(await react(3, 1, "👍", true)).toEqual({ ok: false, refusal: "unknown_message" });
    expect((await head(id)).rev as number).toBe(rev + 3);
    const [first] = await allMessages(log, id, no(2));
    expect(first).toMatchObject({ rev: rev + 3, reactions: [{ emoji: "👍", count: 1, mine: true }] });
    const [same] = await allMessages(log, id, no(1));
    expect(same).toMatchObject({ reactions: [{ emoji: "👍", count: 1, mine: false }] });
  });

  test("[P5] no more different emoji than the maximum; those that are there may still grow", async () => {
    const { id } = await openConversation(store);
    await fill(log, id, 1);
    const react = (emoji: string, member = 1) => log.react(id, seq(1), no(member), emoji, true, nextTime());
    const answers = await Promise.all(
      Array.from({ length: store.emojiPerMessageMax + 3 }, (_, index) => react(`:${index}:`)),
    );
    const refused = answers.flatMap((answer) => (answer.ok ? [] : [answer.refusal]));
    expect(refused).toEqual(["too_many", "too_many", "too_many"]);
    const there = answers.findIndex((answer) => answer.ok);
    expect(await react(`:${there}:`, 2)).toMatchObject({ ok: true, value: { count: 2 } });
    const [message] = await allMessages(log, id, no(1));
    expect(message!.reactions!.length).toBe(store.emojiPerMessageMax);
  });

  const reaction = fc.record({
    member: fc.integer({ min: 1, max: 3 }),
    emoji: fc.constantFrom("👍", "🌳", "'"),
    on: fc.boolean(),
  });

  test("[P5] racing reactions: replayed by rev, each was a change, with the count that it told", async () => {
    const property = fc.asyncProperty(fc.array(reaction, { maxLength: 24 }), async (wishes) => {
      const { id } = await openConversation(store, newUsers(3));
      await fill(log, id, 1);
      const before = (await head(id)).rev as number;
      const told = await Promise.all(
        wishes.map(({ member, emoji, on }, index) => {
          const through = index % 2 ? log : store.other.messageLog;
          return through.react(id, seq(1), no(member), emoji, on, nextTime());
        }),
      );
      const changes = told.flatMap((answer) => (answer.ok && answer.value ? [answer.value] : []));
      changes.sort((a, b) => a.rev - b.rev);
      const chosen = new Map<string, Set<number>>();
      for (const [index, change] of changes.entries()) {
        const members = chosen.get(change.emoji) ?? new Set();
        expect(members.has(change.member)).toBe(!change.on);
        if (change.on) members.add(change.member);
        else members.delete(change.member);
        chosen.set(change.emoji, members);
        expect([change.rev as number, change.count]).toEqual([before + index + 1, members.size]);
      }
      const [message] = await allMessages(log, id, no(1));
      const counts = Object.fromEntries(message!.reactions!.map(({ emoji, count }) => [emoji, count]));
      const wanted = [...chosen].flatMap(([emoji, { size }]) => (size > 0 ? [[emoji, size]] : []));
      expect(counts).toEqual(Object.fromEntries(wanted));
    });
    await fc.assert(property, { seed, numRuns: 20 });
  });
}
