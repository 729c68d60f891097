// What the simulation builds on: injected faults and crashes of the memory store do what they say.

import { expect, test } from "bun:test";
import type { AccessHooks } from "#adapters/memory/access.ts";
import { openMemory } from "#adapters/memory/open-memory.ts";
import { MemoryStore } from "#adapters/memory/store.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { allMessages, newMessage, no, openConversation } from "./made-up.ts";

async function openRoom(hooks: AccessHooks) {
  const store = new MemoryStore({ laneCount: 16, emojiPerMessageMax: 5 });
  const reader = openMemory(store);
  const { id } = await openConversation(reader);
  const process = openMemory(store, hooks);
  const append = () => process.messageLog.append(reader.messageLog.laneOf(id), [newMessage(id)]);
  const storedCount = async () => (await allMessages(reader.messageLog, id, no(1))).length;
  return { process, append, storedCount };
}

/** Calls wait on each side of their commit until they are let on. */
function openGate() {
  const waiting: { operation: string; letOn: () => void }[] = [];
  const delay = (operation: string) => new Promise<void>((letOn) => waiting.push({ operation, letOn }));
  return { delay, waiting, letOn: () => waiting.shift()!.letOn() };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

test("[P8] a fault before the commit stores nothing, one after it stores all; both reject", async () => {
  let fault: "none" | "before" | "after" = "before";
  const { append, storedCount } = await openRoom({ fault: () => fault });
  expect(await append().catch((error: unknown) => error)).toBeInstanceOf(StoreUnavailable);
  expect(await storedCount()).toBe(0);
  fault = "after";
  expect(await append().catch((error: unknown) => error)).toBeInstanceOf(StoreUnavailable);
  expect(await storedCount()).toBe(1);
  fault = "none";
  expect(await append()).toMatchObject([{ seq: 2, isNew: true }]);
});

test("[P1] nothing is visible before the delay of a commit has passed, all of it before the answer", async () => {
  const { delay, waiting, letOn } = openGate();
  const { append, storedCount } = await openRoom({ delay });
  const answer = append();
  await soon();
  expect(waiting.map(({ operation }) => operation)).toEqual(["messageLog.append"]);
  expect(await storedCount()).toBe(0);
  letOn();
  await soon();
  expect(await storedCount()).toBe(1);
  letOn();
  expect(await answer).toMatchObject([{ seq: 1 }]);
});

test("[P8] a crash commits of the calls in flight those that it says, and answers none", async () => {
  const { delay, waiting } = openGate();
  const { process, append, storedCount } = await openRoom({ delay });
  let answers = 0;
  const count = () => answers++;
  void append().then(count, count);
  const committed = append();
  void committed.then(count, count);
  await soon();
  waiting[0]!.letOn();
  await soon();
  expect(await storedCount()).toBe(1);
  const asked: string[] = [];
  process.crash((operation) => asked.push(operation) > 0);
  expect(asked).toEqual(["messageLog.append"]);
  void append().then(count, count);
  for (const { letOn } of waiting) letOn();
  await soon();
  expect(await storedCount()).toBe(2);
  expect(answers).toBe(0);
});
