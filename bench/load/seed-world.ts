// Puts a run's people and conversations straight into the tables, as signing up and joining would have left them: for
// worlds that would take hours over the API. The database is that of a server made for load, never a living one's.

import { createHash, randomBytes } from "node:crypto";
import type { SQL } from "bun";
import { bucketOf, type ConversationId, type SessionId, type UserId, uuidV7 } from "#base/ids.ts";
import { dayMs } from "#base/units.ts";
import { hashSecret, makeToken } from "#core/accounts/token.ts";
import { directConversationId } from "#core/conversations/direct-id.ts";
import { type KnownPerson, type KnownRoom, newPeople, type People } from "./people-file.ts";
import type { World } from "./world.ts";

const rowsAtOnce = 5_000;
const kindNo = { direct: 1, group: 2, private: 2, public: 3, hot: 3 } as const;
const role = { member: 1, owner: 3 };

export async function seedWorld(
  sql: SQL,
  world: World,
  plan: string,
  say: (line: string) => void,
): Promise<People> {
  // Ids that no earlier world in this database has.
  const salt = randomBytes(8).toString("hex");
  const suffix = salt.slice(0, 6);
  const now = Date.now();
  const people = world.people.map(
    (it, no): KnownPerson & { secrets: Uint8Array[]; sessions: SessionId[] } => {
      const user = uuidV7(now, drawn(salt, "user", no)) as UserId;
      const sessions = Array.from(
        { length: it.devices },
        (_, d) => uuidV7(now, drawn(salt, `session ${d}`, no)) as SessionId,
      );
      const secrets = sessions.map((_, d) => drawn(salt, `secret ${d}`, no));
      const tokens = sessions.map((session, d) => makeToken(user, session, secrets[d]!));
      return { handle: `${it.handle}-${suffix}`, user, tokens, sessions, secrets };
    },
  );
  const rooms = world.rooms.map(({ kind, members }, no): KnownRoom => {
    const pair = members.map((it) => people[it]!.user as UserId);
    const id =
      kind === "direct" ? directConversationId(pair[0]!, pair[1]!) : uuidV7(now, drawn(salt, "room", no));
    return { id, kind, members };
  });
  const connection = await sql.reserve();
  try {
    await connection.unsafe("set synchronous_commit = off");
    await inBatches(people, (rows) => insertPeople(connection, rows, now));
    say(`${people.length.toLocaleString("en")} people`);
    const titles = world.rooms.map(({ title }) => title);
    await inBatches(
      rooms.map((room, no) => ({ room, title: titles[no]! })),
      (rows) => insertRooms(connection, rows, now),
    );
    const seats = rooms.flatMap((room) =>
      room.members.map((no, at) => ({ room, at, user: people[no]!.user as UserId })),
    );
    await inBatches(seats, (rows) => insertSeats(connection, rows));
    await connection.unsafe("analyze");
    say(
      `${rooms.length.toLocaleString("en")} conversations with ${seats.length.toLocaleString("en")} memberships`,
    );
  } finally {
    await connection.unsafe("reset synchronous_commit").catch(() => {});
    connection.release();
  }
  return {
    ...newPeople(plan, false),
    people: people.map(({ handle, user, tokens }) => ({ handle, user, tokens })),
    rooms,
  };
}

type SeededPerson = KnownPerson & {
  readonly secrets: readonly Uint8Array[];
  readonly sessions: readonly SessionId[];
};

async function insertPeople(sql: SQL, rows: readonly SeededPerson[], now: number): Promise<void> {
  const users = list(rows.map(({ user }) => user));
  const handles = list(rows.map(({ handle }) => handle));
  await sql`insert into users (user_id, handle, display_name, search, password_hash, is_owner, created_at)
    select u::uuid, h, h, h, '$argon2id$none', false, ${now}::bigint
    from unnest(${users}::text[], ${handles}::text[]) as rows(u, h)`;
  await sql`insert into handles (handle, user_id)
    select h, u::uuid from unnest(${users}::text[], ${handles}::text[]) as rows(u, h)`;
  const sessions = rows.flatMap(({ user, sessions, secrets }) =>
    sessions.map((session, d) => ({ user, session, hash: hex(hashSecret(secrets[d]!)) })),
  );
  await sql`insert into sessions (user_id, session_id, secret_hash, device, created_at, last_seen_at, expires_at)
    select u::uuid, s::uuid, decode(h, 'hex'), 'load', ${now}::bigint, ${now}::bigint, ${now + 30 * dayMs}::bigint
    from unnest(${list(sessions.map(({ user }) => user))}::text[], ${list(sessions.map(({ session }) => session))}::text[],
      ${list(sessions.map(({ hash }) => hash))}::text[]) as rows(u, s, h)`;
}

async function insertRooms(
  sql: SQL,
  rows: readonly { room: KnownRoom; title: string }[],
  now: number,
): Promise<void> {
  const ids = list(rows.map(({ room }) => room.id));
  const buckets = list(rows.map(({ room }) => bucketOf(room.id as ConversationId)));
  const kinds = list(rows.map(({ room }) => kindNo[room.kind]));
  const counts = list(rows.map(({ room }) => room.members.length));
  const titles = list(rows.map(({ title }) => `"${title}"`));
  await sql`insert into conversations (bucket, id, kind, title, home_region, created_at, last_seq, rev, title_rev,
      members_rev, last_member_no, member_count)
    select b, i::uuid, k, t, 'home', ${now}::bigint, 0, c, 1, c, c, c
    from unnest(${buckets}::smallint[], ${ids}::text[], ${kinds}::smallint[], ${counts}::int[], ${titles}::text[])
      as rows(b, i, k, c, t)`;
}

async function insertSeats(
  sql: SQL,
  rows: readonly { room: KnownRoom; at: number; user: UserId }[],
): Promise<void> {
  const ids = list(rows.map(({ room }) => room.id));
  const buckets = list(rows.map(({ room }) => bucketOf(room.id as ConversationId)));
  const users = list(rows.map(({ user }) => user));
  const numbers = list(rows.map(({ at }) => at + 1));
  const roles = list(
    rows.map(({ room, at }) => (room.kind !== "direct" && at === 0 ? role.owner : role.member)),
  );
  await sql`insert into members (bucket, conversation_id, member_no, user_id, role, active, rev, joined_seq)
    select b, i::uuid, n, u::uuid, r, true, n, 0
    from unnest(${buckets}::smallint[], ${ids}::text[], ${users}::text[], ${numbers}::int[], ${roles}::smallint[])
      as rows(b, i, u, n, r)`;
  await sql`insert into inbox (user_id, conversation_id, member_no, rev, active, read_seq)
    select u::uuid, i::uuid, n, n, true, 0
    from unnest(${ids}::text[], ${users}::text[], ${numbers}::int[]) as rows(i, u, n)`;
}

async function inBatches<T>(
  rows: readonly T[],
  insert: (rows: readonly T[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsAtOnce)
    await insert(rows.slice(from, from + rowsAtOnce));
}

function drawn(salt: string, what: string, no: number): Uint8Array {
  return createHash("sha256").update(`${salt} ${what} ${no}`).digest();
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** None of them has a comma, and none but titles a space. */
function list(values: readonly (string | number)[]): string {
  return `{${values.join(",")}}`;
}
