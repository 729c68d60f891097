// A lane is a partition: the unit in which messages are written in groups (docs/decisions/0002-lanes.md).
// Statements of one lane name the partition's tables, which saves PostgreSQL the way through the parents.

import { bucketOf, type ConversationId } from "#base/ids.ts";

export const laneCount = 16;

export function laneOfBucket(bucket: number): number {
  return bucket % laneCount;
}

export function laneOf(conversation: ConversationId): number {
  return laneOfBucket(bucketOf(conversation));
}

export function partitionOf(table: string, lane: number): string {
  return `${table}_p${String(lane).padStart(2, "0")}`;
}

/** The names of the conversation-side tables, for one lane. */
export interface LaneTables {
  readonly conversations: string;
  readonly members: string;
  readonly messages: string;
  readonly reactions: string;
  readonly outbox: string;
}

/** A statement's text for each lane, made once; `textFor` writes it with the names of one lane's tables. */
export function perLane(textFor: (tables: LaneTables) => string): (conversation: ConversationId) => string {
  const texts = lanes().map((tables) => textFor(tables));
  return (conversation) => texts[laneOf(conversation)]!;
}

export function lanes(): LaneTables[] {
  return Array.from({ length: laneCount }, (_, lane) => ({
    conversations: partitionOf("conversations", lane),
    members: partitionOf("members", lane),
    messages: partitionOf("messages", lane),
    reactions: partitionOf("reactions", lane),
    outbox: partitionOf("outbox", lane),
  }));
}
