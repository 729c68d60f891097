// Catching up and paging: one statement each, so that head and rows are of one moment.

import { bucketOf, type ConversationId, type MemberNo, type Rev, type Seq } from "#base/ids.ts";
import type { Change, Message } from "#core/messages/message.ts";
import type { CatchUp, Page, PageFrom } from "#ports/message-log.ts";
import { plainArray } from "./arrays.ts";
import type { Database, Row } from "./database.ts";
import { type PartitionTables, perPartition } from "./partitions.ts";
import { memberOf, messageOf, messageWithReactions } from "./rows.ts";

export async function page(
  database: Database,
  conversation: ConversationId,
  from: PageFrom,
  count: number,
  reader: MemberNo,
): Promise<Page | null> {
  const { first, before } = boundsOf(from, count);
  const parameters = [bucketOf(conversation), conversation, reader, count, first, before];
  const rows = await database.read("message_log.page", pageText(conversation), parameters, {
    mayBeReplica: true,
  });
  const head = rows[0];
  if (!head) return null;
  const lastSeq = Number(head.last_seq) as Seq;
  return {
    rev: Number(head.head_rev) as Rev,
    lastSeq,
    messages: rows.filter((row) => row.seq !== null).map(messageWithReactions),
    hasBefore: Number(head.first) > 1 && lastSeq > 0,
    hasAfter: Number(head.last) < lastSeq,
  };
}

/** Numbers have no holes, so that a page is a range of them: from `first` upwards, or up to `before`. */
function boundsOf(from: PageFrom, count: number): { first: number | null; before: number | null } {
  if (from === "head") return { first: null, before: Number.MAX_SAFE_INTEGER };
  if ("before" in from) return { first: null, before: from.before };
  if ("after" in from) return { first: from.after + 1, before: null };
  return { first: Math.max(1, from.around - Math.floor(count / 2)), before: null };
}

export async function since(
  database: Database,
  conversation: ConversationId,
  rev: Rev,
  seq: Seq,
  reader: MemberNo,
  rowsMax: number,
): Promise<CatchUp | null> {
  const parameters = [bucketOf(conversation), conversation, reader, rev, seq, rowsMax + 1];
  const rows = await database.read("message_log.since", sinceText(conversation), parameters, {
    mayBeReplica: true,
  });
  const head = rows.find((row) => row.source === "head");
  if (!head) return null;
  const reached = { rev: Number(head.rev) as Rev, lastSeq: Number(head.seq) as Seq };
  const changes = rows.flatMap((row) => changesOf(row, rev));
  if (changes.length > rowsMax || reached.lastSeq - seq > rowsMax)
    return { ...reached, reset: true, changes: [] };
  return { ...reached, reset: false, changes: changes.sort((a, b) => a.rev - b.rev) };
}

function changesOf(row: Row, after: Rev): Change[] {
  switch (row.source) {
    case "message":
      return [{ kind: "message", ...messageWithReactions(row) }];
    case "member": {
      const { rev, member, user, role, active } = memberOf({ ...row, ...row.member });
      return [{ kind: "member", rev, member, user, role, active, displayName: "" }];
    }
    default: {
      const titleRev = Number(row.at) as Rev;
      return titleRev > after ? [{ kind: "conversation", rev: titleRev, title: row.text }] : [];
    }
  }
}

export async function newest(
  database: Database,
  conversations: readonly ConversationId[],
): Promise<readonly (Message | null)[]> {
  if (conversations.length === 0) return [];
  const ids = [...new Set(conversations)];
  const buckets = ids.map(bucketOf);
  const rows = await database.read("message_log.newest", newestText, [plainArray(buckets), plainArray(ids)], {
    mayBeReplica: true,
  });
  const found = new Map(rows.map((row) => [row.conversation_id as ConversationId, messageOf(row)]));
  return conversations.map((id) => found.get(id) ?? null);
}

const columns =
  "coalesce(m.changed_rev, m.rev) as rev, m.seq, m.author_no, m.at, m.text, m.name, m.reply_to, m.edited_at, m.deleted_at";

/** Only a changed message can have reactions; a deleted one shows none. */
const reactions = (t: PartitionTables) => `
  case when m.changed_rev is not null and m.deleted_at is null then (
    select jsonb_agg(jsonb_build_array(e.emoji, e.count, e.mine) order by e.emoji_rev)
    from (
      select r.emoji, count(*) as count, bool_or(r.member_no = $3::int) as mine, min(r.emoji_rev) as emoji_rev
      from ${t.reactions} r where r.bucket = $1 and r.conversation_id = $2 and r.seq = m.seq group by r.emoji
    ) e
  ) end as reactions`;

const pageText = perPartition(
  (t) => `
with head as materialized (
  select rev, last_seq,
    coalesce($5::bigint, greatest(1, least($6::bigint - 1, last_seq) - $4::int + 1)) as first,
    case when $5::bigint is null then least($6::bigint - 1, last_seq)
      else least($5::bigint + $4::int - 1, last_seq) end as last
  from ${t.conversations} where bucket = $1 and id = $2
)
select h.rev as head_rev, h.last_seq, h.first, h.last, ${columns}, ${reactions(t)}
from head h left join ${t.messages} m
  on m.bucket = $1 and m.conversation_id = $2 and m.seq between h.first and h.last
order by m.seq`,
);

/**
 * One row more than wanted of each kind tells that it is too much. Messages are numbered without holes: where more
 * are new than wanted, none is read.
 */
const sinceText = perPartition(
  (t) => `
with head as materialized (
  select rev, last_seq, title_rev, title, last_seq - $5::bigint < $6::int as is_near
  from ${t.conversations} where bucket = $1 and id = $2
)
select 'message' as source, ${columns}, ${reactions(t)}, null::jsonb as member from (
  (select * from ${t.messages} where bucket = $1 and conversation_id = $2 and seq > $5::bigint
    and (select is_near from head) order by seq limit $6::int)
  union all
  (select * from ${t.messages} where bucket = $1 and conversation_id = $2 and changed_rev > $4::bigint
    and seq <= $5::bigint and (select is_near from head) order by changed_rev limit $6::int)
) m
union all
(select 'member', p.rev, null, null, null, null, null, null, null, null, null,
  jsonb_build_object('user_id', p.user_id, 'member_no', p.member_no, 'role', p.role, 'active', p.active)
  from ${t.members} p where p.bucket = $1 and p.conversation_id = $2 and p.rev > $4::bigint
  order by p.rev limit $6::int)
union all
select 'head', rev, last_seq, null, title_rev, title, null, null, null, null, null, null from head`,
);

const newestText = `
select m.conversation_id, ${columns}
from unnest($1::smallint[], $2::uuid[]) as p (bucket, id)
join conversations c on c.bucket = p.bucket and c.id = p.id
join messages m on m.bucket = p.bucket and m.conversation_id = p.id and m.seq = c.last_seq`;
