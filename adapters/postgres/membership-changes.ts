// What changes a conversation or who is in it: one statement each, which takes a rev for each row that really
// changes. Each locks the conversation's row; where memberships have changed since the statement began, it does
// nothing and is given again (see message-changes.ts).

import { bucketOf, type ConversationId, type MemberNo, type Rev, type UserId } from "#base/ids.ts";
import { ok, type Result, refused } from "#base/result.ts";
import type { Role } from "#core/conversations/conversation.ts";
import type {
  ConversationStore,
  MemberChange,
  MemberRefusal,
  NewConversation,
} from "#ports/conversation-store.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { plainArray } from "./arrays.ts";
import type { Database, Parameter, Row } from "./database.ts";
import { type PartitionTables, perPartition } from "./partitions.ts";
import { conversationOf, kindNo, memberOf, roleNo, roleOf } from "./rows.ts";

const staleTriesMax = 50;

export async function create(
  database: Database,
  announced: () => void,
  wanted: NewConversation,
): ReturnType<ConversationStore["create"]> {
  const bucket = bucketOf(wanted.id);
  const created = await database.change("conversation_store.create", createText(wanted.id), [
    bucket,
    wanted.id,
    Bun.randomUUIDv7(),
    kindNo(wanted.kind),
    wanted.title,
    wanted.homeRegion,
    wanted.createdAt,
    plainArray(wanted.members.map((member) => member.user)),
    plainArray(wanted.members.map((member) => roleNo(member.role))),
  ]);
  const isNew = created[0]!.is_new === true;
  if (isNew) announced();
  const rows = await database.read("conversation_store.created", createdText(wanted.id), [bucket, wanted.id]);
  return {
    created: isNew,
    conversation: conversationOf(rows[0]!),
    members: rows.filter((row) => row.member_no !== null).map((row) => memberOf(asMember(row))),
  };
}

export async function addMembers(
  database: Database,
  announced: () => void,
  conversation: ConversationId,
  users: readonly UserId[],
  role: Role,
  membersMax: number,
): Promise<Result<readonly MemberChange[], MemberRefusal>> {
  const rows = await untilFresh(database, "conversation_store.add_members", addText(conversation), [
    bucketOf(conversation),
    conversation,
    Bun.randomUUIDv7(),
    plainArray([...new Set(users)]),
    roleNo(role),
    membersMax,
  ]);
  if (!rows[0]) return refused("unknown_conversation");
  if (rows[0].verdict === "none") return ok([]);
  if (rows[0].verdict !== "do") return refused(rows[0].verdict as MemberRefusal);
  announced();
  return ok(rows.map((row) => changeOf({ ...row, role: roleNo(role), active: true })).sort(byRev));
}

export async function setMember(
  database: Database,
  announced: () => void,
  conversation: ConversationId,
  user: UserId,
  wish: { role: Role } | { active: false },
): Promise<Result<MemberChange | null, MemberRefusal>> {
  const role = "role" in wish ? roleNo(wish.role) : null;
  const [row] = await untilFresh(database, "conversation_store.set_member", setText(conversation), [
    bucketOf(conversation),
    conversation,
    Bun.randomUUIDv7(),
    user,
    role,
  ]);
  if (!row) return refused("unknown_conversation");
  if (row.verdict === "same") return ok(null);
  if (row.verdict !== "do") return refused(row.verdict as MemberRefusal);
  announced();
  return ok(changeOf(row));
}

export async function rename(
  database: Database,
  announced: () => void,
  conversation: ConversationId,
  title: string,
): ReturnType<ConversationStore["rename"]> {
  const parameters = [bucketOf(conversation), conversation, Bun.randomUUIDv7(), title];
  const [row] = await database.change("conversation_store.rename", renameText(conversation), parameters);
  if (!row) return refused("unknown_conversation");
  if (row.rev === null) return ok(null);
  announced();
  return ok({ kind: "conversation", rev: Number(row.rev) as Rev, title });
}

/** Rows that carry a verdict; none where there is no such conversation. */
async function untilFresh(
  database: Database,
  name: string,
  text: string,
  parameters: readonly Parameter[],
): Promise<Row[]> {
  for (let tries = 1; tries <= staleTriesMax; tries++) {
    const rows = await database.change(name, text, parameters);
    if (rows[0]?.verdict !== "stale") return rows;
  }
  throw new StoreUnavailable(`${name}: too many changes at once`);
}

function changeOf(row: Row): MemberChange {
  return {
    kind: "member",
    rev: Number(row.rev) as Rev,
    member: row.member_no as MemberNo,
    user: row.user_id as UserId,
    role: roleOf(row.role),
    active: row.active,
    displayName: "",
  };
}

const byRev = (a: MemberChange, b: MemberChange) => a.rev - b.rev;

const asMember = (row: Row): Row => ({ ...row, conversation_id: row.id, rev: row.member_rev });

/** Rev 1 is the conversation itself, then one for each member. */
const createText = perPartition(
  (t) => `
with people as materialized (
  select user_id, role, n::int as n from unnest($8::uuid[], $9::smallint[]) with ordinality as p (user_id, role, n)
), made as (
  insert into ${t.conversations}
    (bucket, id, kind, title, home_region, created_at, rev, title_rev, members_rev, last_member_no, member_count)
  select $1, $2::uuid, $4::smallint, $5::text, $6::text, $7::bigint, 1 + count(*), 1, 1 + count(*), count(*), count(*)
  from people
  on conflict (bucket, id) do nothing returning id
), joined as (
  insert into ${t.members} (bucket, conversation_id, member_no, user_id, role, active, rev, joined_seq)
  select $1, made.id, p.n, p.user_id, p.role, true, 1 + p.n, 0 from made, people p
), announced as (
  insert into ${t.outbox} (bucket, id, event)
  select $1, $3::uuid, jsonb_build_object('memberships',
    jsonb_agg(jsonb_build_array(p.user_id, made.id, p.n, 1 + p.n, true, 0) order by p.n))
  from made, people p having count(*) > 0
)
select exists (select 1 from made) as is_new`,
);

const createdText = perPartition(
  (t) => `
select c.bucket, c.id, c.kind, c.title, c.home_region, c.created_at, c.rev, c.last_seq, c.member_count,
  m.user_id, m.member_no, m.role, m.active, m.rev as member_rev
from ${t.conversations} c left join ${t.members} m on m.bucket = $1 and m.conversation_id = $2
where c.bucket = $1 and c.id = $2 order by m.member_no`,
);

/** The conversation as this statement sees it, and as it is now that it is locked. */
const locked = (t: PartitionTables) => `
  seen as materialized (
    select members_rev from ${t.conversations} where bucket = $1 and id = $2
  ), head as materialized (
    select members_rev, member_count, kind from ${t.conversations}
    where bucket = $1 and id = $2 for no key update
  )`;

const announce = (t: PartitionTables, from: string) => `
  announced as (
    insert into ${t.outbox} (bucket, id, event)
    select $1, $3::uuid, jsonb_build_object('memberships',
      jsonb_agg(jsonb_build_array(user_id, $2::uuid, member_no, rev, active, joined_seq) order by rev))
    from ${from} having count(*) > 0
  )`;

const addText = perPartition(
  (t) => `
with ${locked(t)}, coming as materialized (
  select w.user_id, m.member_no as old_no, row_number() over (order by w.n) as k,
    row_number() over (partition by m.member_no is null order by w.n) as k_new
  from unnest($4::uuid[]) with ordinality as w (user_id, n)
  left join ${t.members} m on m.bucket = $1 and m.conversation_id = $2 and m.user_id = w.user_id
  where m.active is not true
), verdict as materialized (
  select g.total, g.fresh, case
    when h.members_rev <> s.members_rev then 'stale'
    when g.total = 0 then 'none'
    when h.member_count + g.total > $6::int then 'too_many'
    else 'do' end as verdict
  from head h, seen s, (select count(*) as total, count(*) filter (where old_no is null) as fresh from coming) g
), taken as (
  update ${t.conversations} c
  set rev = c.rev + v.total, members_rev = c.rev + v.total, member_count = c.member_count + v.total,
    last_member_no = c.last_member_no + v.fresh
  from verdict v where v.verdict = 'do' and c.bucket = $1 and c.id = $2
  returning c.rev - v.total as base_rev, c.last_member_no - v.fresh as base_no, c.last_seq
), joined as (
  insert into ${t.members} (bucket, conversation_id, member_no, user_id, role, active, rev, joined_seq)
  select $1, $2, coalesce(g.old_no, taken.base_no + g.k_new), g.user_id, $5::smallint, true,
    taken.base_rev + g.k, taken.last_seq
  from coming g, taken
  on conflict (bucket, conversation_id, member_no) do update
    set role = excluded.role, active = true, rev = excluded.rev, joined_seq = excluded.joined_seq
  returning user_id, member_no, rev, active, joined_seq
), ${announce(t, "joined")}
select v.verdict, j.user_id, j.member_no, j.rev from verdict v left join joined j on true`,
);

/** $5: the role wished; null: to take the member out. */
const setText = perPartition(
  (t) => `
with ${locked(t)}, before as materialized (
  select member_no, role, active from ${t.members} where bucket = $1 and conversation_id = $2 and user_id = $4::uuid
), verdict as materialized (
  select b.member_no, case
    when h.members_rev <> s.members_rev then 'stale'
    when b.member_no is null or (not b.active and $5::smallint is not null) then 'not_a_member'
    when not b.active or b.role = $5::smallint then 'same'
    when h.kind <> 1 and b.role = 1 and not ($5::smallint is null and h.member_count = 1) and not exists (
      select 1 from ${t.members} o where o.bucket = $1 and o.conversation_id = $2 and o.active and o.role = 1
        and o.member_no <> b.member_no
    ) then 'last_owner'
    else 'do' end as verdict
  from head h cross join seen s left join before b on true
), taken as (
  update ${t.conversations} c
  set rev = c.rev + 1, members_rev = c.rev + 1,
    member_count = c.member_count - case when $5::smallint is null then 1 else 0 end
  from verdict v where v.verdict = 'do' and c.bucket = $1 and c.id = $2 returning c.rev
), changed as (
  update ${t.members} m
  set role = coalesce($5::smallint, m.role), active = $5::smallint is not null, rev = taken.rev
  from taken, verdict v
  where m.bucket = $1 and m.conversation_id = $2 and m.member_no = v.member_no
  returning m.user_id, m.member_no, m.role, m.active, m.rev, m.joined_seq
), ${announce(t, "changed")}
select v.verdict, m.user_id, m.member_no, m.role, m.active, m.rev from verdict v left join changed m on true`,
);

const renameText = perPartition(
  (t) => `
with taken as (
  update ${t.conversations} c set title = $4, rev = c.rev + 1, title_rev = c.rev + 1
  where c.bucket = $1 and c.id = $2 and c.title <> $4::text returning c.rev
), announced as (
  insert into ${t.outbox} (bucket, id, event)
  select $1, $3::uuid, jsonb_build_object('changed', jsonb_build_array($2::uuid, rev, 0)) from taken
)
select t.rev from ${t.conversations} c left join taken t on true where c.bucket = $1 and c.id = $2`,
);
