// The contract of the message log, rule P85: what answers for any reader are made of.

import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ConversationId } from "#base/ids.ts";
import type { Message } from "#core/messages/message.ts";
import type { Recent } from "#ports/message-log.ts";
import {
  fill,
  newConversationId,
  newUsers,
  nextTime,
  no,
  openConversation,
  rev,
  seed,
  seq,
} from "./made-up.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export function recentContract(storeOf: () => StoreUnderTest): void {
  const doing = fc.record({
    does: fc.constantFrom("edit", "remove", "react", "react", "react", "rename", "leave"),
    at: fc.integer({ min: 1, max: 8 }),
    by: fc.integer({ min: 1, max: 3 }),
    emoji: fc.constantFrom("👍", "🌳"),
    on: fc.boolean(),
  });
  type Doing = typeof doing extends fc.Arbitrary<infer T> ? T : never;

  async function act(id: ConversationId, users: ReturnType<typeof newUsers>, what: Doing): Promise<unknown> {
    const { messageLog: log, conversationStore } = storeOf();
    const at = seq(what.at);
    if (what.does === "edit") return log.edit(id, at, null, `edited ${nextTime()}`, nextTime());
    if (what.does === "remove") return log.remove(id, at, null, nextTime());
    if (what.does === "react") return log.react(id, at, no(what.by), what.emoji, what.on, nextTime());
    if (what.does === "rename") return conversationStore.rename(id, `title ${nextTime()}`);
    return conversationStore.setMember(id, users[what.by - 1]!, { active: false });
  }

  test("[P85] what it gives makes the page of every reader, and nothing else changed after quietSince", async () => {
    const property = fc.asyncProperty(
      fc.array(doing, { maxLength: 14 }),
      fc.integer({ min: 1, max: 10 }),
      async (doings, count) => {
        const { other } = storeOf();
        const users = newUsers(3);
        const { id } = await openConversation(storeOf(), users);
        await fill(storeOf().messageLog, id, 8);
        for (const what of doings) await act(id, users, what);
        const recent = (await other.messageLog.recent(id, count, 3))!;
        for (const reader of [1, 2, 3]) {
          const page = (await other.messageLog.page(id, "head", count, no(reader)))!;
          expect(readBy(recent, reader)).toEqual([...page.messages]);
          expect([recent.rev, recent.lastSeq]).toEqual([page.rev, page.lastSeq]);
        }
        const [conversation] = await other.conversationStore.conversations([id]);
        expect(recent.conversation).toEqual(conversation!);
        expect(recent.members).toEqual(await other.conversationStore.members(id, 0, 10, true));
        expect((await other.messageLog.recent(id, count, 2))!.members).toBeNull();
        expect(recent.quietSince).toBeLessThanOrEqual(recent.rev);
        const after = (await other.messageLog.since(id, recent.quietSince, seq(8), no(1), 1000))!;
        const first = recent.messages[0]!.row.seq;
        for (const change of after.changes)
          expect(change.kind === "message" ? change.seq : 0).toBeGreaterThanOrEqual(first);
      },
    );
    await fc.assert(property, { seed, numRuns: 30 });
  });

  test("[P85] of an empty conversation it gives the head, of none null", async () => {
    const conversation = await openConversation(storeOf());
    const { messageLog } = storeOf().other;
    const head = { rev: conversation.rev, lastSeq: seq(0), messages: [] };
    expect(await messageLog.recent(conversation.id, 5, 9)).toMatchObject(head);
    expect(await messageLog.recent(newConversationId(), 5, 9)).toBeNull();
  });

  test("[P85] where more than 200 reactions were chosen, they are left out", async () => {
    const { messageLog } = storeOf();
    const { id } = await openConversation(storeOf());
    await fill(messageLog, id, 1);
    for (let member = 1; member <= 201; member++) {
      if (member === 201)
        expect((await messageLog.recent(id, 1, 9))!.messages[0]!.reactions![0]!.members).toHaveLength(200);
      await messageLog.react(id, seq(1), no(member), "🌳", true, nextTime());
    }
    expect((await messageLog.recent(id, 1, 9))!.messages[0]!.reactions).toBeNull();
    expect((await messageLog.recent(id, 1, 9))!.rev).toBeGreaterThan(rev(200));
  });
}

function readBy(recent: Recent, reader: number): Message[] {
  return recent.messages.map(({ row, reactions }) => ({
    ...row,
    reactions: reactions!.map(({ emoji, members }) => ({
      emoji,
      count: members.length,
      mine: members.includes(no(reader)),
    })),
  }));
}
