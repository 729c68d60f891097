// How fast one conversation may grow, asked of the messaging service.

import { expect, test } from "bun:test";
import { openMemory } from "#adapters/memory/open-memory.ts";
import { MemoryStore } from "#adapters/memory/store.ts";
import type { ConversationId, UserId } from "#base/ids.ts";
import { newName, newUser, newUsers, openConversation } from "./made-up.ts";
import { openMessaging } from "./messaging-service.ts";

test("[P66] a conversation takes so many sends, whoever sends them; who is no member spends nothing", async () => {
  const store = openMemory(new MemoryStore({ laneCount: 4, emojiPerMessageMax: 5 }));
  const users = newUsers(5);
  const full = (await openConversation(store, users)).id;
  const quiet = (await openConversation(store, users)).id;
  const { messaging } = openMessaging(store, {
    limits: { conversationSendsPerSecond: 0.001, conversationSendsBurst: 3 },
  });
  const send = (user: UserId, conversation: ConversationId, text = "a text") =>
    messaging.send({ user, conversation, name: newName(), text, again: false });
  for (let i = 0; i < 10; i++) {
    expect(await send(newUser(), full)).toMatchObject({ refusal: { reason: "unknown_conversation" } });
    expect(await send(users[0]!, full, "")).toMatchObject({ refusal: { reason: "empty_text" } });
  }
  const answers = [];
  for (const user of users) answers.push(await send(user, full));
  expect(answers.map((answer) => answer.ok)).toEqual([true, true, true, false, false]);
  const refusal = { reason: "rate_limited", retryAfterMs: expect.any(Number) };
  expect(answers[4]).toMatchObject({ refusal });
  expect((await send(users[3]!, quiet)).ok).toBe(true);
  const [head] = await messaging.heads([full]);
  expect(head!.lastSeq).toBe(3 as never);
});
