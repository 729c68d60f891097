// A lane is a set of buckets whose messages are written by one statement at a time (docs/decisions/0002-lanes.md).
// One process writes alone, so few lanes make the largest groups; two, because one prepares while one commits.

import { bucketOf, type ConversationId } from "#base/ids.ts";

export const laneCount = 1;

export function laneOf(conversation: ConversationId): number {
  return bucketOf(conversation) % laneCount;
}
