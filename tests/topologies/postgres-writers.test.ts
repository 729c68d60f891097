// Two processes write the same conversations at once, as happens while their owner changes: on PostgreSQL 15.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { SQL } from "bun";
import { openPostgres, type PostgresPorts } from "#adapters/postgres/open.ts";
import type { ConversationId, MemberNo, MessageName } from "#base/ids.ts";
import { type PostgresPart, startPostgres } from "#tests/parts/postgres.ts";
import { until } from "#tests/parts/until.ts";
import { namesIn, newRoom } from "./writers.ts";

setDefaultTimeout(60_000);

let part: PostgresPart;
const processes: PostgresPorts[] = [];
/** Statements that wrote a group, those that were taken back included. */
let tries = 0;

beforeAll(async () => {
  part = await startPostgres({ deadlock_timeout: "500ms" });
  const onStatement = (name: string) => {
    if (name === "message_log.append") tries++;
  };
  for (const laneCount of [1, 2])
    processes.push(await openPostgres({ url: part.url(), emojiPerMessageMax: 5, laneCount, onStatement }));
});
afterAll(async () => {
  for (const ports of processes) await ports.close();
  await part?.stop();
});

test("[P84] groups of several processes on the same conversations: gapless, whole, and no caller hears of it", async () => {
  const rooms = await Promise.all(Array.from({ length: 12 }, () => newRoom(processes[0]!)));
  const acknowledged = new Map(rooms.map((room) => [room, new Map<MessageName, number>()]));
  const rounds = 60;
  const writer = async (ports: PostgresPorts, who: number) => {
    for (let round = 0; round < rounds; round++) {
      // Each takes the rooms in another order, which is how deadlocks come about.
      const some = rooms.filter((_, index) => (index * 7 + round * 5 + who * 3) % 12 < 2 + (round % 11));
      const order = who % 2 === 0 ? some : some.reverse();
      const { laneOf, append } = ports.messageLog;
      for (const [lane, ofLane] of Map.groupBy(order, laneOf)) {
        const sends = ofLane.map((conversation) => {
          const name = `${who}.${round}`.padEnd(11, "_") as MessageName;
          return { conversation, author: 1 as MemberNo, name, at: 1, text: "leaf", again: false };
        });
        const answers = await append(lane, sends);
        for (const [index, answer] of answers.entries()) {
          if (answer === "unknown_conversation") throw new Error("the room should be known");
          acknowledged.get(sends[index]!.conversation)!.set(sends[index]!.name, answer.seq);
        }
      }
    }
  };
  await Promise.all([0, 1, 2, 3].map((who) => writer(processes[who >> 1]!, who)));
  for (const room of rooms) {
    const inOrder = [...acknowledged.get(room)!].sort(([, a], [, b]) => a - b);
    expect(inOrder.length).toBeGreaterThan(rounds);
    expect(inOrder.map(([, seq]) => seq)).toEqual(inOrder.map((_, index) => index + 1));
    expect(await namesIn(processes[0]!, room)).toEqual(inOrder.map(([name]) => name));
  }
});

test("[P84] a group that a deadlock takes back is given again, and its caller hears of nothing", async () => {
  const { laneOf, append } = processes[0]!.messageLog;
  const rooms = await Promise.all([newRoom(processes[0]!), newRoom(processes[0]!)]);
  const triesBefore = tries;
  for (const [round, [held, wanted]] of [rooms, [...rooms].reverse()].entries()) {
    const other = new SQL({ adapter: "postgres", url: part.url(), max: 1 } as never);
    const lock = (id: ConversationId) => `update conversations set title = title where id = '${id}'`;
    const holding = await other.reserve();
    // The group is to be the one that gives way.
    await holding.unsafe("set deadlock_timeout = '30s'");
    await holding.unsafe("begin");
    await holding.unsafe(lock(held!));
    const sends = rooms.map((conversation) => {
      const name = `deadlock${round}`.padEnd(11, "_") as MessageName;
      return { conversation, author: 1 as MemberNo, name, at: 1, text: "leaf", again: false };
    });
    const appended = append(laneOf(rooms[0]!), sends);
    await until("the group waits", async () => {
      const [row] = await part.query(
        "select count(*)::int as count from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into messages%'",
      );
      return row!.count > 0;
    });
    await holding.unsafe(lock(wanted!));
    await holding.unsafe("commit");
    const answers = await appended;
    expect(answers.map((answer) => (answer as { seq: number }).seq as number)).toEqual([
      round + 1,
      round + 1,
    ]);
    holding.release();
    await other.close();
  }
  expect(tries - triesBefore).toBeGreaterThan(2);
});
