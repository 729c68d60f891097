// Conversations whose messages go by one lane, for the suites that write whole groups.

import type { ConversationId } from "#base/ids.ts";
import type { MessageLog } from "#ports/message-log.ts";
import { newConversationId, openConversation } from "./made-up.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export async function newRooms(store: StoreUnderTest, count: number): Promise<ConversationId[]> {
  const rooms: ConversationId[] = [];
  while (rooms.length < count) rooms.push((await openConversation(store)).id);
  return rooms;
}

export function idOfLane(log: MessageLog, lane: number): ConversationId {
  let id = newConversationId();
  while (log.laneOf(id) !== lane) id = newConversationId();
  return id;
}

async function roomOfLane(store: StoreUnderTest, lane: number): Promise<ConversationId> {
  return (await openConversation(store, undefined, undefined, idOfLane(store.messageLog, lane))).id;
}

export async function roomsOfOneLane(store: StoreUnderTest, count: number): Promise<ConversationId[]> {
  const lane = store.messageLog.laneOf(newConversationId());
  const rooms: ConversationId[] = [];
  while (rooms.length < count) rooms.push(await roomOfLane(store, lane));
  return rooms;
}
