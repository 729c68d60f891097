// A lane is a set of buckets whose messages are written by one statement at a time (docs/decisions/0002-lanes.md).
// One process writes alone, so that one lane makes the largest groups; several processes will want several.

import { bucketOf, type ConversationId } from "#base/ids.ts";

export const laneCount = 1;

export function laneOf(conversation: ConversationId): number {
  return bucketOf(conversation) % laneCount;
}
