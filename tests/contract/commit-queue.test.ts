// A lane under three times what it can commit, in simulated time: whoever is taken is committed soon, the lane is
// never without work, and the refusals are spread over time.

import { expect, test } from "bun:test";
import type { ConversationId, MemberNo, MessageName, Rev, Seq } from "#base/ids.ts";
import type { MessageLog } from "#ports/message-log.ts";
import { CommitQueue } from "#services/messaging/commit-queue.ts";
import { SimulatedTime } from "#tests/simulation/time.ts";

const conversation = "00000000-0000-7000-8000-000000000001" as ConversationId;
const limits = { groupMax: 10, laneQueueMax: 10_000, laneWaitMsMax: 50, statementsMax: 4, groupWaitMs: 1 };
/** A full group in each of these: one message in a millisecond. */
const statementMs = 10;
const offeredPerMs = 3;
const forMs = 2_000;

test("[P37] at three times its pace a lane takes what it can commit in time, and refuses the rest evenly", async () => {
  const time = new SimulatedTime();
  const clock = time.process();
  const append: MessageLog["append"] = async (_, sends) => {
    await time.pass(statementMs);
    return sends.map((send) => ({ rev: 1 as Rev, seq: 1 as Seq, at: send.at, isNew: true }));
  };
  const log = { laneCount: 1, laneOf: () => 0, append } as unknown as MessageLog;
  const queue = new CommitQueue(log, limits, clock, { committed() {}, failed() {} });
  const waits: number[] = [];
  const refusedIn = new Array<number>(forMs / 100).fill(0);
  for (let ms = 0; ms < forMs; ms++) {
    time.after(ms, () => {
      for (let i = 0; i < offeredPerMs; i++) {
        const at = clock.now();
        const name = `${ms}.${i}` as MessageName;
        const message = { conversation, author: 1 as MemberNo, name, at, text: "", again: false };
        const waiting = queue.append(message);
        if (waiting === null) refusedIn[Math.floor(ms / 100)]! += 1;
        else void waiting.then(() => waits.push(clock.now() - at));
      }
    });
  }
  await time.run(forMs + 1_000);
  // The wait in the queue, the statement under way, and its own.
  expect(Math.max(...waits)).toBeLessThanOrEqual(limits.laneWaitMsMax + 2 * statementMs + 1);
  expect(waits.length).toBeGreaterThan(0.95 * (forMs / statementMs) * limits.groupMax);
  const steady = refusedIn.slice(5);
  expect(Math.max(...steady)).toBeLessThan(1.2 * Math.min(...steady));
});
