// The contract of the message log, rules P1 - P3 and P9: appending.

import { beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import type { ConversationId } from "#base/ids.ts";
import type { Appended, MessageLog, NewMessage } from "#ports/message-log.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import {
  allMessages,
  appendGroup,
  fill,
  hostileTexts,
  newConversationId,
  newMessage,
  newName,
  nextTime,
  no,
  openConversation,
  seed,
  seq,
  stored,
} from "./made-up.ts";
import { idOfLane, newRooms, roomsOfOneLane } from "./rooms.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export function appendingContract(storeOf: () => StoreUnderTest): void {
  let store: StoreUnderTest;
  let log: MessageLog;
  beforeAll(() => {
    store = storeOf();
    log = store.messageLog;
  });

  const head = async (id: ConversationId) => (await store.conversationStore.conversations([id]))[0]!;

  test("[P1] an appended message is committed: another process reads all of its fields", async () => {
    const { id } = await openConversation(store);
    const first = newMessage(id);
    const answer = newMessage(id, { author: no(2), replyTo: seq(1) });
    const answers = await appendGroup(log, [first, answer]);
    const [one, two] = await allMessages(store.other.messageLog, id, no(1));
    expect(one).toEqual({ ...stored(first), rev: answers[0]!.rev, seq: seq(1) });
    expect(two).toEqual({ ...stored(answer), rev: answers[1]!.rev, seq: seq(2), replyTo: seq(1) });
    expect(answers.map((each) => each.isNew)).toEqual([true, true]);
    expect(await store.other.messageLog.newest([id, newConversationId(), id])).toMatchObject([
      { seq: 2, text: answer.text },
      null,
      { seq: 2, text: answer.text },
    ]);
  });

  test("[P1] hostile texts come back byte for byte, as text, emoji and edited text", async () => {
    const { id } = await openConversation(store);
    await appendGroup(
      log,
      hostileTexts.map((text) => newMessage(id, { text })),
    );
    expect((await allMessages(log, id, no(1))).map((message) => message.text)).toEqual([...hostileTexts]);
    const short = hostileTexts.filter((text) => text.length <= 100);
    for (const [index, text] of short.entries()) {
      expect((await log.edit(id, seq(index + 1), no(1), text, nextTime())).ok).toBe(true);
      expect((await log.react(id, seq(index + 1), no(1), text, true, nextTime())).ok).toBe(true);
    }
    const read = (await allMessages(store.other.messageLog, id, no(1))).slice(0, short.length);
    expect(read.map((message) => message.text)).toEqual(short);
    expect(read.map((message) => message.reactions?.[0]?.emoji)).toEqual(short);
  });

  test("[P2] a group of 500 over many conversations of a lane is numbered in its order", async () => {
    const rooms = await roomsOfOneLane(store, 7);
    const sends = Array.from({ length: 500 }, (_, index) => newMessage(rooms[(index * index) % 7]!));
    const answers = (await log.append(log.laneOf(rooms[0]!), sends)) as Appended[];
    for (const room of rooms) {
      const here = sends.flatMap((send, index) => (send.conversation === room ? [answers[index]!] : []));
      expect(here.map((each) => each.seq)).toEqual(here.map((_, index) => seq(index + 1)));
      const { rev, lastSeq } = await head(room);
      expect(lastSeq).toBe(seq(here.length));
      expect(here.map((each) => each.rev as number)).toEqual(
        here.map((_, index) => rev - here.length + index + 1),
      );
    }
  });

  const send = fc.record({
    room: fc.nat(2),
    author: fc.integer({ min: 1, max: 2 }),
    name: fc.nat(9),
    again: fc.boolean(),
  });
  const groups = fc.array(fc.array(send, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 });

  test("[P2] [P3] concurrent groups with names used again: one number for each, no hole, in order", async () => {
    const property = fc.asyncProperty(groups, fc.boolean(), async (wanted, oneLane) => {
      const rooms = oneLane ? await roomsOfOneLane(store, 3) : await newRooms(store, 3);
      const revsBefore = await Promise.all(rooms.map(async (room) => (await head(room)).rev as number));
      const names = Array.from({ length: 10 }, newName);
      const sendsOf = wanted.map((group) =>
        group.map(({ room, author, name, again }) =>
          newMessage(rooms[room]!, { author: no(author), name: names[name]!, again }),
        ),
      );
      const told = await Promise.all(
        sendsOf.map((sends, index) => appendByLane(index % 2 ? log : store.other.messageLog, sends)),
      );
      await expectOneNumberForEach(sendsOf, told);
      await expectGapless(rooms, revsBefore, sendsOf.flat());
      const later = await Promise.all(sendsOf.map((sends) => appendByLane(log, sends)));
      expect(later.flat()).toEqual(told.flat().map((answer) => ({ ...answer, isNew: false })));
    });
    await fc.assert(property, { seed, numRuns: 25 });
  });

  async function expectOneNumberForEach(sendsOf: NewMessage[][], told: Appended[][]) {
    const byName = Map.groupBy(
      sendsOf.flatMap((sends, group) => sends.map((each, index) => ({ each, answer: told[group]![index]! }))),
      ({ each }) => `${each.conversation} ${each.author} ${each.name}`,
    );
    for (const same of byName.values()) {
      const [first, ...others] = same.map(({ answer }) => ({ ...answer, isNew: null }));
      for (const other of others) expect(other).toEqual(first!);
      expect(same.filter(({ answer }) => answer.isNew).length).toBe(1);
      const times = same.map(({ each }) => each.at);
      expect(times).toContain(first!.at);
    }
  }

  async function expectGapless(rooms: ConversationId[], revsBefore: number[], sends: NewMessage[]) {
    for (const [index, room] of rooms.entries()) {
      const here = sends.filter((each) => each.conversation === room);
      const count = new Set(here.map((each) => `${each.author} ${each.name}`)).size;
      const messages = await allMessages(log, room, no(1), 7);
      expect(messages.map((message) => message.seq)).toEqual(messages.map((_, at) => seq(at + 1)));
      expect(messages.length).toBe(count);
      const revs = messages.map((message) => message.rev as number);
      expect(revs).toEqual(messages.map((_, at) => revsBefore[index]! + at + 1));
      expect(await head(room)).toMatchObject({ lastSeq: count, rev: revsBefore[index]! + count });
    }
  }

  test("[P3] a known name answers as the first time, also after an edit and a deletion", async () => {
    const { id } = await openConversation(store);
    const sends = await fill(log, id, 2);
    const first = await appendGroup(log, sends);
    await log.edit(id, seq(1), no(1), "edited", nextTime());
    await log.remove(id, seq(2), no(1), nextTime());
    const { rev } = await head(id);
    for (const again of [true, false]) {
      const other = sends.map((each) => ({ ...each, text: "another text", at: nextTime(), again }));
      expect(await appendGroup(log, other)).toEqual(first);
    }
    expect((await head(id)).rev).toBe(rev);
    expect((await allMessages(log, id, no(1))).map((message) => message.text)).toEqual(["edited", ""]);
  });

  test("[P3] the same name from another author, or elsewhere, is another message", async () => {
    const rooms = await roomsOfOneLane(store, 2);
    const name = newName();
    const group = [
      newMessage(rooms[0]!, { name }),
      newMessage(rooms[0]!, { name, author: no(2) }),
      newMessage(rooms[1]!, { name }),
    ];
    const answers = (await log.append(log.laneOf(rooms[0]!), group)) as Appended[];
    expect(answers.map(({ seq, isNew }) => [seq as number, isNew])).toEqual([
      [1, true],
      [2, true],
      [1, true],
    ]);
  });

  test("[P9] a message of another lane rejects the group as a bug and stores nothing", async () => {
    const [here] = await roomsOfOneLane(store, 1);
    const wrongLane = (log.laneOf(here!) + 1) % Math.max(2, log.laneCount);
    const failure = await log.append(wrongLane, [newMessage(here!)]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(StoreUnavailable);
    expect(await allMessages(log, here!, no(1))).toEqual([]);
  });

  test("[P9] an unknown conversation in a group is answered so and harms no other", async () => {
    const [room] = await roomsOfOneLane(store, 1);
    const lane = log.laneOf(room!);
    const unknown = idOfLane(log, lane);
    const group = [newMessage(unknown), newMessage(room!), newMessage(unknown)];
    const answers = await log.append(lane, group);
    expect(answers).toEqual([
      "unknown_conversation",
      expect.objectContaining({ seq: seq(1), isNew: true }),
      "unknown_conversation",
    ]);
  });
}

/** A group of several lanes, as the messaging service splits it; answers in the order of `sends`. */
async function appendByLane(log: MessageLog, sends: readonly NewMessage[]): Promise<Appended[]> {
  const answers: Appended[] = [];
  const lanes = Map.groupBy(sends.keys(), (index) => log.laneOf(sends[index]!.conversation));
  await Promise.all(
    [...lanes].map(async ([lane, indexes]) => {
      const told = await log.append(
        lane,
        indexes.map((index) => sends[index]!),
      );
      for (const [at, index] of indexes.entries()) answers[index] = told[at] as Appended;
    }),
  );
  return answers;
}
