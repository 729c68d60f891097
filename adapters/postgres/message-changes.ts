// Edits, deletions and reactions: one statement each, which takes a rev only when it changes something.
//
// Each locks the message's row, so that changes of one message follow one another. A statement sees the database
// as it was when it began, but a locked row as it is now: where the row has changed in between, what was read of
// other rows may be old, the statement does nothing ("stale") and is given again.

import { bucketOf, type ConversationId, type MemberNo, type Rev, type Seq } from "#base/ids.ts";
import { ok, refused } from "#base/result.ts";
import type { Changed, ChangeRefusal, Reacted } from "#ports/message-log.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import type { Database, Parameter, Row } from "./database.ts";
import type { MessageLogOptions } from "./message-log.ts";
import { type PartitionTables, perPartition } from "./partitions.ts";
import { messageOf } from "./rows.ts";

const staleTriesMax = 50;

export async function edit(
  database: Database,
  announced: () => void,
  conversation: ConversationId,
  seq: Seq,
  by: MemberNo | null,
  text: string,
  at: number,
): Promise<Changed> {
  const parameters = [bucketOf(conversation), conversation, seq, Bun.randomUUIDv7(), by, text, at];
  const row = await decide(database, "message_log.edit", editText(conversation), parameters);
  return changed(row, announced);
}

export async function remove(
  database: Database,
  announced: () => void,
  conversation: ConversationId,
  seq: Seq,
  by: MemberNo | null,
  at: number,
): Promise<Changed> {
  const parameters = [bucketOf(conversation), conversation, seq, Bun.randomUUIDv7(), by, at];
  const row = await decide(database, "message_log.remove", removeText(conversation), parameters);
  return changed(row, announced);
}

export async function react(
  database: Database,
  { emojiPerMessageMax, announced }: MessageLogOptions,
  wish: {
    conversation: ConversationId;
    seq: Seq;
    member: MemberNo;
    emoji: string;
    on: boolean;
    at: number;
  },
): Promise<Reacted> {
  const { conversation, seq, member, emoji, on, at } = wish;
  const shared = [bucketOf(conversation), conversation, seq, Bun.randomUUIDv7(), member, emoji];
  const row = on
    ? await decide(database, "message_log.react", reactText(conversation), [
        ...shared,
        emojiPerMessageMax,
        at,
      ])
    : await decide(database, "message_log.unreact", unreactText(conversation), shared);
  if (!row) return refused("unknown_message");
  if (row.verdict === "same") return ok(null);
  if (row.verdict !== "do") return refused(row.verdict as ChangeRefusal);
  announced();
  const count = Number(row.count) + (on ? 1 : -1);
  return ok({ kind: "reaction", rev: Number(row.rev) as Rev, seq, member, emoji, on, count });
}

/** The one row of the answer; none where there is no such message. */
export async function decide(
  database: Database,
  name: string,
  text: string,
  parameters: readonly Parameter[],
): Promise<Row | undefined> {
  for (let tries = 1; tries <= staleTriesMax; tries++) {
    const [row] = await database.change(name, text, parameters);
    if (row?.verdict !== "stale") return row;
  }
  throw new StoreUnavailable(`${name}: too many changes at once`);
}

function changed(row: Row | undefined, announced: () => void): Changed {
  if (!row) return refused("unknown_message");
  if (row.verdict !== "do") return refused(row.verdict as ChangeRefusal);
  announced();
  return ok({ kind: "message", ...messageOf(row) });
}

/** The message as this statement sees it, and as it is now that it is locked. */
const locked = (t: PartitionTables, columns: string) => `
  seen as materialized (
    select changed_rev from ${t.messages} where bucket = $1 and conversation_id = $2 and seq = $3
  ), target as materialized (
    select changed_rev, ${columns} from ${t.messages}
    where bucket = $1 and conversation_id = $2 and seq = $3 for no key update
  )`;

const taken = (t: PartitionTables) => `
  taken as (
    update ${t.conversations} c set rev = c.rev + 1 from verdict v
    where v.verdict = 'do' and c.bucket = $1 and c.id = $2 returning c.rev
  )`;

const announce = (t: PartitionTables) => `
  announced as (
    insert into ${t.outbox} (bucket, id, event)
    select $1, $4::uuid, jsonb_build_object('changed', jsonb_build_array($2::uuid, rev, $3::bigint)) from taken
  )`;

const alterText = (t: PartitionTables, assignments: string, further: string) => `
with ${locked(t, "author_no, deleted_at")}, verdict as materialized (
  select case
    when t.changed_rev is distinct from s.changed_rev then 'stale'
    when t.deleted_at is not null then 'message_deleted'
    when t.author_no <> $5::int then 'not_allowed'
    else 'do' end as verdict
  from target t, seen s
), ${taken(t)}, changed as (
  update ${t.messages} m set ${assignments}, changed_rev = taken.rev from taken
  where m.bucket = $1 and m.conversation_id = $2 and m.seq = $3
  returning m.changed_rev as rev, m.seq, m.author_no, m.at, m.text, m.name, m.reply_to, m.edited_at, m.deleted_at
), ${announce(t)}${further}
select v.verdict, c.* from verdict v left join changed c on true`;

const editText = perPartition((t) => alterText(t, "text = $6, edited_at = $7::bigint", ""));

const removeText = perPartition((t) =>
  alterText(
    t,
    "text = '', deleted_at = $6::bigint",
    `, cleared as (
  delete from ${t.reactions} r using taken
  where r.bucket = $1 and r.conversation_id = $2 and r.seq = $3
)`,
  ),
);

/** `mine`, `count`: of this emoji, before the change. */
const reactionVerdict = (t: PartitionTables, cases: string) => `
  facts as materialized (
    select count(*) filter (where emoji = $6) as count, min(emoji_rev) filter (where emoji = $6) as emoji_rev,
      count(*) filter (where emoji = $6 and member_no = $5::int) as mine, count(distinct emoji) as kinds
    from ${t.reactions} where bucket = $1 and conversation_id = $2 and seq = $3
  ), verdict as materialized (
    select f.count, f.emoji_rev, case
      when t.changed_rev is distinct from s.changed_rev then 'stale'
      when t.deleted_at is not null then 'message_deleted'
      ${cases}
      else 'do' end as verdict
    from target t, seen s, facts f
  )`;

const touched = (t: PartitionTables) => `
  touched as (
    update ${t.messages} m set changed_rev = taken.rev from taken
    where m.bucket = $1 and m.conversation_id = $2 and m.seq = $3
  )`;

const reactText = perPartition(
  (t) => `
with ${locked(t, "deleted_at")}, ${reactionVerdict(
    t,
    "when f.mine > 0 then 'same' when f.count = 0 and f.kinds >= $7::int then 'too_many'",
  )}, ${taken(t)}, ${touched(t)}, ${announce(t)}, added as (
  insert into ${t.reactions} (bucket, conversation_id, seq, emoji, member_no, emoji_rev, at)
  select $1, $2, $3, $6, $5, coalesce(v.emoji_rev, taken.rev), $8::bigint from taken, verdict v
)
select v.verdict, v.count, taken.rev from verdict v left join taken on true`,
);

const unreactText = perPartition(
  (t) => `
with ${locked(t, "deleted_at")}, ${reactionVerdict(t, "when f.mine = 0 then 'same'")}, ${taken(t)}, ${touched(t)},
${announce(t)}, gone as (
  delete from ${t.reactions} r using taken
  where r.bucket = $1 and r.conversation_id = $2 and r.seq = $3 and r.emoji = $6 and r.member_no = $5
)
select v.verdict, v.count, taken.rev from verdict v left join taken on true`,
);
