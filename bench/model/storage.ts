// What the database holds and has written, asked beside the server.

import type { SQL } from "bun";

export interface Look {
  /** Of the tables of messages and their indexes. */
  readonly storedBytes: number;
  readonly messages: number;
  readonly walBytes: number;
}

/** Numbers of messages from their conversations, so that nothing large is read. */
export async function lookInto(sql: SQL): Promise<Look> {
  const [row] = await sql`select
    (select sum(pg_total_relation_size(relid)) from pg_partition_tree('messages') where isleaf) stored,
    (select sum(last_seq) from conversations) messages,
    pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') wal`;
  return {
    storedBytes: Number(row.stored),
    messages: Number(row.messages),
    walBytes: Number(row.wal),
  };
}
