// One room with more members than a program would make one by one: straight into the tables, as joining would have
// left them, with an account for each and a session for those who come.

import { SQL } from "bun";
import { bucketOf } from "#base/ids.ts";
import { dayMs } from "#base/units.ts";
import { hashSecret } from "#core/accounts/token.ts";
import { hotUsersFrom, type World } from "./world.ts";

const rowsAtOnce = 5_000;

export async function seedHotRoom(url: string, world: World, members: number, online: number): Promise<void> {
  const sql = new SQL({ url, max: 1 });
  const id = world.hotRoom();
  const bucket = bucketOf(id);
  const now = Date.now();
  try {
    await sql.unsafe("set synchronous_commit = off");
    const found = await sql`select 1 from conversations where bucket = ${bucket} and id = ${id}`;
    if (found.length > 0) return;
    for (let from = 0; from < members; from += rowsAtOnce) {
      const numbers = Array.from({ length: Math.min(rowsAtOnce, members - from) }, (_, i) => from + i);
      const users = texts(numbers.map((n) => world.user(hotUsersFrom + n)));
      await sql`insert into users (user_id, handle, display_name, search, password_hash, is_owner, created_at)
        select u::uuid, 'hot-' || n, 'Hot ' || n, 'hot ' || n, '$argon2id$none', false, ${now}::bigint
        from unnest(${users}::text[], ${texts(numbers)}::int[]) as rows(u, n)`;
      await sql`insert into handles (handle, user_id) select 'hot-' || n, u::uuid
        from unnest(${users}::text[], ${texts(numbers)}::int[]) as rows(u, n)`;
      await sql`insert into members (bucket, conversation_id, member_no, user_id, role, active, rev, joined_seq)
        select ${bucket}::smallint, ${id}::uuid, n + 1, u::uuid, case when n = 0 then 3 else 1 end, true, n + 1, 0
        from unnest(${users}::text[], ${texts(numbers)}::int[]) as rows(u, n)`;
      await sql`insert into inbox (user_id, conversation_id, member_no, rev, active, read_seq)
        select u::uuid, ${id}::uuid, n + 1, n + 1, true, 0
        from unnest(${users}::text[], ${texts(numbers)}::int[]) as rows(u, n)`;
      const coming = numbers.filter((n) => n < online).map((n) => hotUsersFrom + n);
      if (coming.length === 0) continue;
      const hashes = coming.map((n) => Buffer.from(hashSecret(world.secret(n))).toString("hex"));
      await sql`insert into sessions (user_id, session_id, secret_hash, device, created_at, last_seen_at, expires_at)
        select u::uuid, s::uuid, decode(h, 'hex'), 'bench', ${now}::bigint, ${now}::bigint, ${now + 30 * dayMs}::bigint
        from unnest(${texts(coming.map(world.user))}::text[], ${texts(coming.map(world.session))}::text[], ${texts(hashes)}::text[]) as rows(u, s, h)`;
    }
    // Last, so that a half-made room is not taken for a whole one.
    await sql`insert into conversations (bucket, id, kind, title, home_region, created_at, last_seq, rev, title_rev,
        members_rev, last_member_no, member_count)
      values (${bucket}, ${id}, 2, 'Hot room', 'home', ${now}, 0, ${members}, 1, ${members}, ${members}, ${members})`;
    await sql.unsafe("analyze");
  } finally {
    await sql.close();
  }
}

/** None of them has a comma or a quote. */
function texts(values: readonly (string | number)[]): string {
  return `{${values.join(",")}}`;
}
