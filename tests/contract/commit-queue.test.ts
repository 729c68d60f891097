// A lane in simulated time. Under three times what it can commit: whoever is taken is committed soon, the lane is never
// without work, and the refusals are spread over time. With little to do: nobody waits for company.

import { expect, test } from "bun:test";
import type { ConversationId, MemberNo, MessageName, Rev, Seq } from "#base/ids.ts";
import type { MessageLog } from "#ports/message-log.ts";
import { CommitQueue, type CommitQueueLimits } from "#services/messaging/commit-queue.ts";
import { SimulatedTime } from "#tests/simulation/time.ts";

const conversation = "00000000-0000-7000-8000-000000000001" as ConversationId;
const limits: CommitQueueLimits = {
  groupMax: 10,
  laneQueueMax: 10_000,
  laneWaitMsMax: 50,
  statementsMax: 4,
  groupWaitMs: 1,
};
/** A full group in each of these: one message in a millisecond. */
const statementMs = 10;
const offeredPerMs = 3;
const forMs = 2_000;

test("[P37] at three times its pace a lane takes what it can commit in time, and refuses the rest evenly", async () => {
  const { waits, refusedAt } = await offer(offeredPerMs, statementMs, limits);
  // The wait in the queue, the statement under way, and its own.
  expect(Math.max(...waits)).toBeLessThanOrEqual(limits.laneWaitMsMax + 2 * statementMs + 1);
  expect(waits.length).toBeGreaterThan(0.95 * (forMs / statementMs) * limits.groupMax);
  const refusedIn = new Array<number>(forMs / 100).fill(0);
  for (const ms of refusedAt) refusedIn[Math.floor(ms / 100)]! += 1;
  const steady = refusedIn.slice(5);
  expect(Math.max(...steady)).toBeLessThan(1.2 * Math.min(...steady));
});

const patient = { ...limits, groupMax: 256, groupWaitMs: 10 };
const quickMs = 1;

test("where few come, each is written at once; the more come, the longer they wait for each other, and no longer than they may", async () => {
  const few = await offer(0.01, quickMs, patient);
  expect(Math.max(...few.waits)).toBe(quickMs);
  const some = await offer(0.4, quickMs, patient);
  const many = await offer(2, quickMs, patient);
  expect(Math.max(...some.waits)).toBeLessThanOrEqual(patient.groupWaitMs / 2 + 2 * quickMs);
  expect(Math.max(...many.waits)).toBeLessThanOrEqual(patient.groupWaitMs + quickMs);
  expect(mean(some.groups)).toBeGreaterThan(1.5);
  expect(mean(many.groups)).toBeGreaterThan(4 * mean(some.groups));
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** So many a millisecond come one by one; how long each taken one waited, and when others were refused. */
async function offer(perMs: number, statementMs: number, given: CommitQueueLimits) {
  const time = new SimulatedTime();
  const clock = time.process();
  const groups: number[] = [];
  const append: MessageLog["append"] = async (_, sends) => {
    groups.push(sends.length);
    await time.pass(statementMs);
    return sends.map((send) => ({ rev: 1 as Rev, seq: 1 as Seq, at: send.at, isNew: true }));
  };
  const log = { laneCount: 1, laneOf: () => 0, append } as unknown as MessageLog;
  const queue = new CommitQueue(log, given, clock, { committed() {}, failed() {} });
  const waits: number[] = [];
  const refusedAt: number[] = [];
  const count = Math.floor(forMs * perMs);
  for (let i = 0; i < count; i++) {
    const ms = Math.floor(i / perMs);
    time.after(ms, () => {
      const at = clock.now();
      const name = String(i) as MessageName;
      const message = { conversation, author: 1 as MemberNo, name, at, text: "", again: false };
      const waiting = queue.append(message);
      if (waiting === null) refusedAt.push(ms);
      else void waiting.then(() => waits.push(clock.now() - at));
    });
  }
  await time.run(forMs + 1_000);
  return { waits, refusedAt, groups };
}
