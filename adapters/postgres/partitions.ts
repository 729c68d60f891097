// How large conversation-side tables are split by bucket in plain PostgreSQL, and how statements that concern one
// conversation name its partition, which saves PostgreSQL the way through the parents.
// `conversations` and `outbox` are small and not split: a group of messages updates and writes rows of many buckets
// in them, and through sixteen partitions that would cost more than all the rest (docs/decisions/0002-lanes.md).

import { bucketOf, type ConversationId } from "#base/ids.ts";

export const partitionCount = 16;

export function partitionOfBucket(bucket: number): number {
  return bucket % partitionCount;
}

export function partitionName(table: string, partition: number): string {
  return `${table}_p${String(partition).padStart(2, "0")}`;
}

/** The names of the conversation-side tables, for one partition. */
export interface PartitionTables {
  readonly conversations: string;
  readonly members: string;
  readonly messages: string;
  readonly reactions: string;
  readonly outbox: string;
}

/** A statement's text for each partition, made once; `textFor` writes it with the names of its tables. */
export function perPartition(
  textFor: (tables: PartitionTables) => string,
): (conversation: ConversationId) => string {
  const texts = Array.from({ length: partitionCount }, (_, partition) => textFor(tablesOf(partition)));
  return (conversation) => texts[partitionOfBucket(bucketOf(conversation))]!;
}

function tablesOf(partition: number): PartitionTables {
  return {
    conversations: "conversations",
    members: partitionName("members", partition),
    messages: partitionName("messages", partition),
    reactions: partitionName("reactions", partition),
    outbox: "outbox",
  };
}
