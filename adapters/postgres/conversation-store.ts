// Conversations and their members on PostgreSQL: rules P10 - P15. Reads here, changes in membership-changes.ts.

import { bucketOf, type ConversationId, type MemberNo, type UserId } from "#base/ids.ts";
import type { Conversation, Member } from "#core/conversations/conversation.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import { plainArray } from "./arrays.ts";
import type { Database } from "./database.ts";
import { addMembers, create, rename, setMember } from "./membership-changes.ts";
import { perPartition } from "./partitions.ts";
import { conversationOf, memberOf } from "./rows.ts";

export function openConversationStore(database: Database, announced: () => void): ConversationStore {
  return {
    create: (conversation) => create(database, announced, conversation),
    addMembers: (conversation, users, role, membersMax) =>
      addMembers(database, announced, conversation, users, role, membersMax),
    setMember: (conversation, user, wish) => setMember(database, announced, conversation, user, wish),
    rename: (conversation, title) => rename(database, announced, conversation, title),
    conversations: (ids) => conversations(database, ids),
    memberships: (pairs) => memberships(database, pairs),
    members: (conversation, after, count, alsoLeft) =>
      members(database, conversation, after, count, alsoLeft),
    membersAt: (places) => membersAt(database, places),
    membersByNumber: (conversation, numbers) => membersByNumber(database, conversation, numbers),
    channels: (words, count) => channels(database, words, count),
  };
}

async function conversations(
  database: Database,
  asked: readonly ConversationId[],
): Promise<readonly (Conversation | null)[]> {
  if (asked.length === 0) return [];
  const ids = [...new Set(asked)];
  const rows = await database.read("conversation_store.conversations", conversationsText, [
    plainArray(ids.map(bucketOf)),
    plainArray(ids),
  ]);
  const found = new Map(rows.map((row) => [row.id as ConversationId, conversationOf(row)]));
  return asked.map((id) => found.get(id) ?? null);
}

const conversationsText = `
select c.bucket, c.id, c.kind, c.title, c.home_region, c.created_at, c.rev, c.last_seq, c.member_count
from unnest($1::smallint[], $2::uuid[]) as p (bucket, id)
join conversations c on c.bucket = p.bucket and c.id = p.id`;

async function memberships(
  database: Database,
  pairs: readonly { conversation: ConversationId; user: UserId }[],
): Promise<readonly (Member | null)[]> {
  if (pairs.length === 0) return [];
  const [only] = pairs;
  if (pairs.length === 1) return [await membership(database, only!)];
  const buckets = pairs.map((pair) => bucketOf(pair.conversation));
  const rows = await database.read("conversation_store.memberships", membershipsText, [
    plainArray(buckets),
    plainArray(pairs.map((pair) => pair.conversation)),
    plainArray(pairs.map((pair) => pair.user)),
  ]);
  const answers = new Array<Member | null>(pairs.length).fill(null);
  for (const row of rows) answers[Number(row.n) - 1] = memberOf(row);
  return answers;
}

/** The usual question, of one partition: the way through all of them costs five times as much. */
async function membership(
  database: Database,
  { conversation, user }: { conversation: ConversationId; user: UserId },
): Promise<Member | null> {
  const parameters = [bucketOf(conversation), conversation, user];
  const text = membershipText(conversation);
  const [row] = await database.read("conversation_store.memberships", text, parameters);
  return row ? memberOf(row) : null;
}

const membershipText = perPartition(
  (t) => `
select conversation_id, user_id, member_no, role, active, rev from ${t.members}
where bucket = $1 and conversation_id = $2 and user_id = $3`,
);

/** No filter on all buckets asked: PostgreSQL may take it for the way in, and read every member of these buckets. */
const membershipsText = `
select p.n, m.conversation_id, m.user_id, m.member_no, m.role, m.active, m.rev
from unnest($1::smallint[], $2::uuid[], $3::uuid[]) with ordinality as p (bucket, conversation_id, user_id, n)
join members m on m.bucket = p.bucket and m.conversation_id = p.conversation_id and m.user_id = p.user_id`;

async function membersAt(
  database: Database,
  places: readonly { conversation: ConversationId; member: MemberNo }[],
): Promise<readonly (Member | null)[]> {
  if (places.length === 0) return [];
  const buckets = places.map((place) => bucketOf(place.conversation));
  const rows = await database.read("conversation_store.members_at", membersAtText, [
    plainArray(buckets),
    plainArray(places.map((place) => place.conversation)),
    plainArray(places.map((place) => place.member)),
  ]);
  const answers = new Array<Member | null>(places.length).fill(null);
  for (const row of rows) answers[Number(row.n) - 1] = memberOf(row);
  return answers;
}

const membersAtText = `
select p.n, m.conversation_id, m.user_id, m.member_no, m.role, m.active, m.rev
from unnest($1::smallint[], $2::uuid[], $3::int[]) with ordinality as p (bucket, conversation_id, member_no, n)
join members m
  on m.bucket = p.bucket and m.conversation_id = p.conversation_id and m.member_no = p.member_no`;

async function members(
  database: Database,
  conversation: ConversationId,
  after: number,
  count: number,
  alsoLeft: boolean,
): Promise<readonly Member[]> {
  const parameters = [bucketOf(conversation), conversation, after, count, alsoLeft];
  const rows = await database.read("conversation_store.members", membersText(conversation), parameters, {
    mayBeReplica: true,
  });
  return rows.map(memberOf);
}

const membersText = perPartition(
  (t) => `
select conversation_id, user_id, member_no, role, active, rev from ${t.members}
where bucket = $1 and conversation_id = $2 and member_no > $3::int and (active or $5::boolean)
order by member_no limit $4::int`,
);

async function membersByNumber(
  database: Database,
  conversation: ConversationId,
  numbers: readonly MemberNo[],
): Promise<readonly Member[]> {
  const rows = await database.read(
    "conversation_store.members_by_number",
    membersByNumberText(conversation),
    [bucketOf(conversation), conversation, plainArray(numbers)],
    { mayBeReplica: true },
  );
  return rows.map(memberOf);
}

const membersByNumberText = perPartition(
  (t) => `
select conversation_id, user_id, member_no, role, active, rev from ${t.members}
where bucket = $1 and conversation_id = $2 and member_no = any($3::int[]) order by member_no`,
);

async function channels(database: Database, words: string, count: number): Promise<readonly Conversation[]> {
  const rows = await database.read(
    "conversation_store.channels",
    channelsText,
    [words.toLowerCase(), count],
    {
      mayBeReplica: true,
    },
  );
  return rows.map(conversationOf);
}

const channelsText = `
select bucket, id, kind, title, home_region, created_at, rev, last_seq, member_count
from conversations
where bucket between 0 and 1023 and kind = 3 and position($1 in lower(title)) > 0
order by created_at desc, id desc limit $2::int`;
