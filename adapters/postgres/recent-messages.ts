// The newest messages of a conversation with everybody's reactions, the conversation itself and its members: what a
// cache answers every reader from. One statement, since what a statement costs besides its rows is most of a cold open.

import { bucketOf, type ConversationId, type MemberNo, type Rev } from "#base/ids.ts";
import type { Member } from "#core/conversations/conversation.ts";
import type { Recent, RecentMessage } from "#ports/message-log.ts";
import type { Database, Row } from "./database.ts";
import { type PartitionTables, perPartition } from "./partitions.ts";
import { conversationOf, memberOf, messageOf } from "./rows.ts";

const reactorsMax = 200;

export async function recent(
  database: Database,
  id: ConversationId,
  count: number,
  membersMax: number,
): Promise<Recent | null> {
  const bucket = bucketOf(id);
  const parameters = [bucket, id, count, reactorsMax, membersMax + 1];
  const rows = await database.read("message_log.recent", recentText(id), parameters);
  const head = rows.find((row) => row.seq === null);
  if (!head) return null;
  const { quiet_since, members, ...row } = head.data as HeadRow;
  const conversation = conversationOf({ ...row, bucket, id });
  return {
    rev: conversation.rev,
    lastSeq: conversation.lastSeq,
    messages: rows
      .filter((each) => each !== head)
      .map(recentMessage)
      .sort((a, b) => a.row.seq - b.row.seq),
    quietSince: quiet_since as Rev,
    conversation,
    members:
      members && members.length > membersMax ? null : (members ?? []).map((member) => memberIn(id, member)),
  };
}

interface HeadRow extends Row {
  readonly quiet_since: number;
  readonly members: readonly MemberRow[] | null;
}
type MemberRow = readonly [no: number, user: string, role: number, active: boolean, rev: number];

function memberIn(id: ConversationId, [member_no, user_id, role, active, rev]: MemberRow): Member {
  return memberOf({ conversation_id: id, member_no, user_id, role, active, rev });
}

/** `row.data`: [[emoji, [member, ...]], ...], null for none, "many". */
function recentMessage(row: Row): RecentMessage {
  if (row.data === "many") return { row: messageOf(row), reactions: null };
  const reactions = (row.data ?? []).map(([emoji, members]: [string, MemberNo[]]) => ({ emoji, members }));
  return { row: messageOf(row), reactions };
}

const head = (t: PartitionTables) => `
select null::bigint as rev, null::bigint as seq, null::int as author_no, null::bigint as at, null::text as text,
  null::text as name, null::bigint as reply_to, null::bigint as edited_at, null::bigint as deleted_at,
  jsonb_build_object('kind', kind, 'title', title, 'home_region', home_region, 'created_at', created_at,
    'rev', rev, 'last_seq', last_seq, 'member_count', member_count,
    'quiet_since', greatest(title_rev, members_rev, (
      select m.changed_rev from ${t.messages} m
      where m.bucket = $1 and m.conversation_id = $2 and m.changed_rev is not null and m.seq < head.first
      order by m.changed_rev desc limit 1
    )),
    'members', (
      select jsonb_agg(jsonb_build_array(p.member_no, p.user_id, p.role, p.active, p.rev) order by p.member_no)
      from (
        select member_no, user_id, role, active, rev from ${t.members}
        where bucket = $1 and conversation_id = $2 order by member_no limit $5::int
      ) p
    )) as data
from head`;

/** Only a changed message can have reactions; a deleted one shows none. */
const messages = (t: PartitionTables) => `
select coalesce(m.changed_rev, m.rev), m.seq, m.author_no, m.at, m.text, m.name, m.reply_to, m.edited_at,
  m.deleted_at,
  case when m.changed_rev is not null and m.deleted_at is null then (
    select case when sum(e.count) > $4::int then '"many"'::jsonb
      else jsonb_agg(jsonb_build_array(e.emoji, e.members) order by e.emoji_rev) end
    from (
      select r.emoji, count(*) as count, min(r.emoji_rev) as emoji_rev,
        (array_agg(r.member_no order by r.member_no))[1:$4::int] as members
      from ${t.reactions} r where r.bucket = $1 and r.conversation_id = $2 and r.seq = m.seq group by r.emoji
    ) e
  ) end
from head h join ${t.messages} m
  on m.bucket = $1 and m.conversation_id = $2 and m.seq between h.first and h.last_seq`;

const recentText = perPartition(
  (t) => `
with head as materialized (
  select kind, title, home_region, created_at, rev, last_seq, member_count, title_rev, members_rev,
    greatest(1, last_seq - $3::int + 1) as first
  from ${t.conversations} where bucket = $1 and id = $2
)${head(t)}
union all${messages(t)}`,
);
