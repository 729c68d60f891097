// Which conversations a user is in, and how far they have read: rules P16 - P19.

import { type ConversationId, type MemberNo, type Seq, type UserId, uuidLength } from "#base/ids.ts";
import type { Inbox, InboxEntry, MembershipRow, ReadCursor } from "#ports/inbox.ts";
import { plainArray } from "./arrays.ts";
import type { Database, Row } from "./database.ts";

export function openInbox(database: Database): Inbox {
  return {
    list: (users) => list(database, users),
    cursors: (conversation, users) => cursors(database, conversation, users),
    apply: (rows) => apply(database, rows),
    readUpTo: (read) => readUpTo(database, read),
  };
}

async function list(
  database: Database,
  users: readonly UserId[],
): Promise<readonly (readonly InboxEntry[])[]> {
  if (users.length === 0) return [];
  const rows = await database.read("inbox.list", listText, [plainArray([...new Set(users)])], {
    mayBeReplica: true,
  });
  const byUser = new Map(rows.map((row) => [row.user_id as UserId, entriesOf(row)]));
  return users.map((user) => byUser.get(user) ?? []);
}

/** One row a user: after a restart everybody's are read, and to take in a row for each entry costs five times. */
const listText = `
select user_id,
  string_agg(conversation_id::text, '' order by conversation_id) as conversations,
  string_agg(int4send(member_no), '' order by conversation_id) as members,
  string_agg(int8send(read_seq), '' order by conversation_id) as read_seqs
from inbox where user_id = any($1::uuid[]) and active group by user_id`;

function entriesOf(row: Row): InboxEntry[] {
  const user = row.user_id as UserId;
  const conversations: string = row.conversations;
  const members: Buffer = row.members;
  const readSeqs: Buffer = row.read_seqs;
  const entries: InboxEntry[] = [];
  for (let i = 0; i * uuidLength < conversations.length; i++) {
    const conversation = conversations.slice(i * uuidLength, (i + 1) * uuidLength) as ConversationId;
    const readSeq = readSeqs.readUInt32BE(8 * i) * 2 ** 32 + readSeqs.readUInt32BE(8 * i + 4);
    entries.push({
      user,
      conversation,
      member: members.readInt32BE(4 * i) as MemberNo,
      readSeq: readSeq as Seq,
    });
  }
  return entries;
}

async function cursors(
  database: Database,
  conversation: ConversationId,
  users: readonly UserId[],
): Promise<readonly ReadCursor[]> {
  const rows = await database.read(
    "inbox.cursors",
    cursorsText,
    [plainArray([...new Set(users)]), conversation],
    { mayBeReplica: true },
  );
  const seqs = new Map(rows.map((row) => [row.user_id as UserId, Number(row.read_seq) as Seq]));
  return users.flatMap((user) => {
    const seq = seqs.get(user);
    return seq === undefined ? [] : [{ user, conversation, seq }];
  });
}

const cursorsText = `
select user_id, read_seq from inbox
where user_id = any($1::uuid[]) and conversation_id = $2::uuid and active`;

/** A list that says several things of one membership is applied in their order: leaving and coming back counts. */
async function apply(database: Database, rows: readonly MembershipRow[]): Promise<readonly MembershipRow[]> {
  const written = new Set<MembershipRow>();
  let left = inOrder(rows);
  while (left.length > 0) {
    const isLast = left.map((row, index) => keyOf(row) !== keyOf(left[index + 1]));
    const firsts = left.filter((_, index) => index === 0 || isLast[index - 1]);
    const newest = new Set(left.filter((_, index) => isLast[index]));
    const keys = await write(database, firsts);
    for (const row of firsts) if (newest.has(row) && keys.has(keyOf(row))) written.add(row);
    left = left.filter((_, index) => index > 0 && !isLast[index - 1]);
  }
  return rows.filter((row) => written.delete(row));
}

/** By key, so that two processes that apply at once do not wait for each other in a ring; then by rev. */
function inOrder(rows: readonly MembershipRow[]): MembershipRow[] {
  const each = new Map(rows.map((row) => [`${keyOf(row)} ${row.rev}`, row]));
  return [...each.values()].sort((a, b) =>
    keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : a.rev - b.rev,
  );
}

function keyOf(row: MembershipRow | undefined): string {
  return row ? row.user + row.conversation : "";
}

/** The keys of the rows that were newer than what stood. */
async function write(database: Database, rows: readonly MembershipRow[]): Promise<Set<string>> {
  const written = await database.change("inbox.apply", applyText, [
    plainArray(rows.map((row) => row.user)),
    plainArray(rows.map((row) => row.conversation)),
    plainArray(rows.map((row) => row.member)),
    plainArray(rows.map((row) => row.rev)),
    plainArray(rows.map((row) => (row.active ? "t" : "f"))),
    plainArray(rows.map((row) => row.joinedSeq)),
  ]);
  return new Set(written.map((row) => row.user_id + row.conversation_id));
}

/** Who comes back starts at `joined_seq`, or further; who is there already keeps their cursor. */
const applyText = `
insert into inbox (user_id, conversation_id, member_no, rev, active, read_seq)
select user_id, conversation_id, member_no, rev, active, case when active then joined_seq else 0 end
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::bigint[], $5::boolean[], $6::bigint[])
  as row (user_id, conversation_id, member_no, rev, active, joined_seq)
on conflict (user_id, conversation_id) do update
set member_no = excluded.member_no, rev = excluded.rev, active = excluded.active,
  read_seq = case when inbox.active then inbox.read_seq else greatest(inbox.read_seq, excluded.read_seq) end
where inbox.rev < excluded.rev
returning user_id, conversation_id`;

async function readUpTo(database: Database, read: readonly ReadCursor[]): Promise<void> {
  const furthest = new Map<string, ReadCursor>();
  for (const cursor of read) {
    const key = cursor.user + cursor.conversation;
    if ((furthest.get(key)?.seq ?? 0) < cursor.seq) furthest.set(key, cursor);
  }
  if (furthest.size === 0) return;
  const cursors = [...furthest.values()];
  await database.change("inbox.read_up_to", readUpToText, [
    plainArray(cursors.map((cursor) => cursor.user)),
    plainArray(cursors.map((cursor) => cursor.conversation)),
    plainArray(cursors.map((cursor) => cursor.seq)),
  ]);
}

const readUpToText = `
update inbox set read_seq = c.seq
from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as c (user_id, conversation_id, seq)
where inbox.user_id = c.user_id and inbox.conversation_id = c.conversation_id and inbox.read_seq < c.seq`;
