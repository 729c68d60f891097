// The newest messages of a conversation with everybody's reactions: what a cache answers every reader from.

import { bucketOf, type ConversationId, type MemberNo, type Rev, type Seq } from "#base/ids.ts";
import type { Recent, RecentMessage } from "#ports/message-log.ts";
import type { Database, Row } from "./database.ts";
import { perPartition } from "./partitions.ts";
import { messageOf } from "./rows.ts";

const reactorsMax = 200;

export async function recent(
  database: Database,
  conversation: ConversationId,
  count: number,
): Promise<Recent | null> {
  const parameters = [bucketOf(conversation), conversation, count, reactorsMax];
  const rows = await database.read("message_log.recent", recentText(conversation), parameters);
  const head = rows[0];
  if (!head) return null;
  return {
    rev: Number(head.head_rev) as Rev,
    lastSeq: Number(head.last_seq) as Seq,
    messages: rows.filter((row) => row.seq !== null).map(recentMessage),
    quietSince: Number(head.quiet_since) as Rev,
  };
}

/** `row.reactions`: [[emoji, [member, ...]], ...], null for none, "many". */
function recentMessage(row: Row): RecentMessage {
  if (row.reactions === "many") return { row: messageOf(row), reactions: null };
  const reactions = (row.reactions ?? []).map(([emoji, members]: [string, MemberNo[]]) => ({
    emoji,
    members,
  }));
  return { row: messageOf(row), reactions };
}

/** Only a changed message can have reactions; a deleted one shows none. */
const recentText = perPartition(
  (t) => `
with head as materialized (
  select rev, last_seq, greatest(1, last_seq - $3::int + 1) as first, greatest(title_rev, members_rev) as rows_rev
  from ${t.conversations} where bucket = $1 and id = $2
)
select h.rev as head_rev, h.last_seq, greatest(h.rows_rev, (
    select m.changed_rev from ${t.messages} m
    where m.bucket = $1 and m.conversation_id = $2 and m.changed_rev is not null and m.seq < h.first
    order by m.changed_rev desc limit 1
  )) as quiet_since,
  coalesce(m.changed_rev, m.rev) as rev, m.seq, m.author_no, m.at, m.text, m.name, m.reply_to, m.edited_at,
  m.deleted_at,
  case when m.changed_rev is not null and m.deleted_at is null then (
    select case when sum(e.count) > $4::int then '"many"'::jsonb
      else jsonb_agg(jsonb_build_array(e.emoji, e.members) order by e.emoji_rev) end
    from (
      select r.emoji, count(*) as count, min(r.emoji_rev) as emoji_rev,
        (array_agg(r.member_no order by r.member_no))[1:$4::int] as members
      from ${t.reactions} r where r.bucket = $1 and r.conversation_id = $2 and r.seq = m.seq group by r.emoji
    ) e
  ) end as reactions
from head h left join ${t.messages} m
  on m.bucket = $1 and m.conversation_id = $2 and m.seq between h.first and h.last_seq
order by m.seq`,
);
