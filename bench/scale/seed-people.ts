// Makes the crowd straight in the tables, as signing up, logging in and joining would have left them.

import type { SQL } from "bun";
import { bucketCount } from "#base/ids.ts";
import { dayMs } from "#base/units.ts";
import { blockPeople, inSql, probeBlock, probeRoomMembers, probeRound, rounds } from "./people.ts";

const blocksAtOnce = 50;

/** Adds what is missing up to that many people, and those of the probe. */
export async function seedPeople(sql: SQL, people: number, say: (line: string) => void): Promise<void> {
  await sql.unsafe("set synchronous_commit = off");
  await seedBlocks(sql, probeBlock, 1);
  await seedProbeRoom(sql);
  const blocks = Math.ceil(people / blockPeople);
  for (let from = 0; from < blocks; from += blocksAtOnce) {
    await seedBlocks(sql, from, Math.min(blocksAtOnce, blocks - from));
    const done = Math.min(blocks, from + blocksAtOnce);
    if (done % 200 === 0 || done === blocks)
      say(`${(done * blockPeople).toLocaleString("en")} people seeded`);
  }
  await sql.unsafe("vacuum analyze");
  await sql.unsafe("checkpoint");
}

/**
 * Whom the crowd's lists of conversations name: so many of those that each person is in. The lists alone are changed,
 * since they are what a session follows.
 */
export async function listConversations(sql: SQL, each: number, say: (line: string) => void): Promise<void> {
  await sql.unsafe("create table if not exists bench_listed (each int)");
  const [row] = await sql.unsafe("select each from bench_listed");
  const before = row ? Number(row.each) : rounds.length;
  // With fewer than all, those who were made since then have too many.
  if (before === each && each === rounds.length) return;
  const crowd = `user_id < ${inSql.user(String(probeBlock * blockPeople))}`;
  const from = (n: number) => inSql.conversation(n, "0");
  await sql.begin(async (all) => {
    if (each <= before)
      await all.unsafe(`delete from inbox where ${crowd} and conversation_id >= ${from(each)}`);
    else
      await all.unsafe(`insert into inbox (user_id, conversation_id, member_no, rev, active, read_seq)
        select user_id, conversation_id, member_no, rev, true, 0 from members
        where ${crowd} and conversation_id >= ${from(before)} and conversation_id < ${from(each)}
        on conflict do nothing`);
    await all.unsafe("delete from bench_listed");
    await all.unsafe(`insert into bench_listed values (${each})`);
  });
  await sql.unsafe("vacuum analyze inbox");
  say(`each person's list has ${each} conversations`);
}

/** All of it or nothing: blocks that are there are left out. */
async function seedBlocks(sql: SQL, from: number, count: number): Promise<void> {
  const first = from * blockPeople;
  const last = (from + count) * blockPeople - 1;
  const found = await sql.unsafe(`select 1 from users where user_id = ${inSql.user(String(last))}`);
  if (found.length > 0) return;
  const now = Date.now();
  const people = `generate_series(${first}, ${last}) n
    where not exists (select 1 from users where user_id = ${inSql.user("n")})`;
  await sql.begin(async (all) => {
    const missing = await all.unsafe(`select min(n) lowest from ${people}`);
    const lowest = Number(missing[0].lowest);
    const those = `generate_series(${lowest}, ${last}) n`;
    await all.unsafe(`insert into users (user_id, handle, display_name, search, password_hash, is_owner, created_at)
      select ${inSql.user("n")}, 'crowd-' || n, 'Crowd ' || n, 'crowd-' || n || ' crowd ' || n, '$argon2id$none', false, ${now} from ${those}`);
    await all.unsafe(
      `insert into handles (handle, user_id) select 'crowd-' || n, ${inSql.user("n")} from ${those}`,
    );
    await all.unsafe(`insert into sessions (user_id, session_id, secret_hash, device, created_at, last_seen_at, expires_at)
      select ${inSql.user("n")}, ${inSql.session("n")}, ${inSql.secretHash("n")}, 'bench', ${now}, ${now}, ${now + 90 * dayMs} from ${those}`);
    for (const { round, members, step } of rounds) {
      const perBlock = blockPeople / members;
      const groups = `generate_series(${(lowest / blockPeople) * perBlock}, ${((last + 1) / blockPeople) * perBlock - 1}) c`;
      const seat = `(c / ${perBlock} * ${blockPeople} + ((c % ${perBlock} * ${members} + m) * ${step}) % ${blockPeople})`;
      await conversations(all, round, groups, "m", seat, members);
    }
  });
}

async function seedProbeRoom(sql: SQL): Promise<void> {
  const number = (probeBlock * blockPeople) / probeRoomMembers;
  const id = inSql.conversation(probeRound, String(number));
  if ((await sql.unsafe(`select 1 from conversations where id = ${id}`)).length > 0) return;
  const seat = `(${probeBlock * blockPeople} + m)`;
  await sql.begin((all) =>
    conversations(all, probeRound, `generate_series(${number}, ${number}) c`, "m", seat, probeRoomMembers),
  );
}

/** `groups` gives the number c of each conversation, `seat` who is its member m. */
async function conversations(
  sql: SQL,
  round: number,
  groups: string,
  m: string,
  seat: string,
  members: number,
): Promise<void> {
  const id = inSql.conversation(round, "c");
  const bucket = `(c % ${bucketCount})::smallint`;
  const each = `${groups}, generate_series(0, ${members - 1}) ${m}`;
  await sql.unsafe(`insert into conversations (bucket, id, kind, title, home_region, created_at, last_seq, rev, title_rev,
      members_rev, last_member_no, member_count)
    select ${bucket}, ${id}, 2, 'Crowd ' || c, 'home', c, 0, ${members}, 1, ${members}, ${members}, ${members} from ${groups}`);
  await sql.unsafe(`insert into members (bucket, conversation_id, member_no, user_id, role, active, rev, joined_seq)
    select ${bucket}, ${id}, m + 1, ${inSql.user(seat)}, case when m = 0 then 3 else 1 end, true, m + 1, 0 from ${each}`);
  await sql.unsafe(`insert into inbox (user_id, conversation_id, member_no, rev, active, read_seq)
    select ${inSql.user(seat)}, ${id}, m + 1, m + 1, true, 0 from ${each}`);
}
