// A lane is a set of buckets whose messages are written by one statement at a time (docs/decisions/0002-lanes.md).
// One lane makes the largest groups; where a commit waits long, as for a synchronous replica, several keep the
// processor busy meanwhile.

import { bucketOf, type ConversationId } from "#base/ids.ts";
import type { MessageLog } from "#ports/message-log.ts";

export type Lanes = Pick<MessageLog, "laneCount" | "laneOf">;

export function lanesOf(laneCount: number): Lanes {
  if (laneCount === 1) return { laneCount, laneOf: () => 0 };
  return { laneCount, laneOf: (conversation: ConversationId) => bucketOf(conversation) % laneCount };
}
