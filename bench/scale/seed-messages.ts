// Stored messages, straight in the real tables: conversations of ten with 250 messages each, in the order of
// their place in the indexes, which stay as they are meanwhile. What is there already is kept: a point needs only what
// it has more than the one before.

import type { SQL } from "bun";
import { bucketCount } from "#base/ids.ts";
import { blockPeople, inSql, rounds } from "./people.ts";

export const messagesEach = 250;
/** Conversations of ten that a block of people has: a hundred in each of four rounds. */
export const groupRounds = rounds.filter(({ members }) => members === 10);
const groupsPerRound = blockPeople / 10;
export const conversationsPerBlock = groupsPerRound * groupRounds.length;
/** As long as a message is in the end, in bytes: 90 on the mean. */
const textSql = `'message ' || s || ' ' || repeat('of a conversation that has gone on for years ', 1 + (s % 3)::int)`;

/** Nothing of this has to outlive a crash while it is being made. */
export const seedingSettings: Record<string, string> = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  autovacuum: "off",
  max_wal_size: "8GB",
  shared_buffers: "2GB",
  checkpoint_timeout: "1h",
};

export interface GroupPlace {
  readonly round: number;
  readonly block: number;
  readonly group: number;
}

/** Conversation number `n` of those that have messages. */
export function groupOf(n: number): GroupPlace {
  const inBlock = n % conversationsPerBlock;
  return {
    block: Math.floor(n / conversationsPerBlock),
    round: groupRounds[Math.floor(inBlock / groupsPerRound)]!.round,
    group: inBlock % groupsPerRound,
  };
}

export function blocksFor(messages: number): number {
  return Math.ceil(messages / messagesEach / conversationsPerBlock);
}

export async function seedMessages(sql: SQL, messages: number, say: (line: string) => void): Promise<void> {
  await sql.unsafe("create table if not exists bench_seeded (round int, first bigint, last bigint)");
  const wanted = messages / messagesEach;
  let done = Number((await sql.unsafe("select coalesce(sum(last - first + 1), 0) n from bench_seeded"))[0].n);
  while (done < wanted) {
    const { block, round, group } = groupOf(done);
    const until = Math.min(wanted, done + groupsPerRound - group);
    const first = block * groupsPerRound + group;
    const last = first + (until - done) - 1;
    await sql.begin(async (all) => {
      await fill(all, round, first, last);
      await all.unsafe(`insert into bench_seeded values (${round}, ${first}, ${last})`);
    });
    if (Math.floor(until / 8_000) > Math.floor(done / 8_000))
      say(`${(until * messagesEach).toLocaleString("en")} messages`);
    done = until;
  }
  await sql.unsafe("vacuum (analyze)");
  await sql.unsafe("checkpoint");
}

async function fill(sql: SQL, round: number, first: number, last: number): Promise<void> {
  const id = inSql.conversation(round, "c");
  const bucket = `(c % ${bucketCount})::smallint`;
  const members = 10;
  await sql.unsafe(`insert into messages (bucket, conversation_id, seq, rev, at, author_no, name, text)
    select ${bucket}, ${id}, s, s + ${members}, 1700000000000 + s * 60000, 1 + s % ${members},
      rtrim(translate(encode(int8send(s * 7919), 'base64'), '+/', '-_'), '='), ${textSql}
    from generate_series(${first}, ${last}) c, generate_series(1, ${messagesEach}) s`);
  await sql.unsafe(`update conversations set last_seq = ${messagesEach}, rev = rev + ${messagesEach}
    where (bucket, id) in (select ${bucket}, ${id} from generate_series(${first}, ${last}) c)`);
}
