// Group commit: many messages of one lane in one statement, numbered and stored and told to the outbox, whole or
// not at all. No duplicate is looked for at first: a known name then breaks the unique key, nothing of the group
// is stored, and the group goes again with the look-up. Sends that may be repeats have the look-up at once.

import { assert } from "#base/assert.ts";
import { bucketOf, type Rev, type Seq } from "#base/ids.ts";
import type { Appended, MessageLog, NewMessage } from "#ports/message-log.ts";
import { plainArray, textArray } from "./arrays.ts";
import type { Database, Parameter, Row } from "./database.ts";
import { asFailure, mayTryAgain } from "./failures.ts";
import type { Lanes } from "./lanes.ts";

const triesMax = 12;

export function appender(database: Database, { laneOf }: Lanes, announced: () => void): MessageLog["append"] {
  return async (lane, sends) => {
    assert(
      sends.every((send) => laneOf(send.conversation) === lane),
      "a group of messages belongs to one lane",
    );
    if (sends.length === 0) return [];
    const group = withoutRepeats(sends);
    const rows = await store(database, group.sends);
    announced();
    return answers(group, rows);
  };
}

async function store(database: Database, sends: readonly NewMessage[]): Promise<Row[]> {
  const columns = columnsOf(sends);
  let lookUp = sends.some((send) => send.again);
  for (let tries = 1; ; tries++) {
    try {
      const id = Bun.randomUUIDv7();
      const text = lookUp ? carefulText : quickText;
      return await database.run("groups", "message_log.append", text, [...columns, id], true);
    } catch (error) {
      if (!mayTryAgain(error)) throw error;
      if (tries >= triesMax) throw asFailure(error, "message_log.append");
      lookUp = true;
    }
  }
}

interface Group {
  /** Each (conversation, author, name) once. */
  readonly sends: readonly NewMessage[];
  /** For each send asked, its place in `sends`. */
  readonly places: readonly number[];
}

function withoutRepeats(asked: readonly NewMessage[]): Group {
  const placeOf = new Map<string, number>();
  const sends: NewMessage[] = [];
  const places = asked.map((send) => {
    const key = `${send.conversation}${send.author} ${send.name}`;
    const known = placeOf.get(key);
    if (known !== undefined) return known;
    placeOf.set(key, sends.length);
    return sends.push(send) - 1;
  });
  return { sends, places };
}

function columnsOf(sends: readonly NewMessage[]): Parameter[] {
  return [
    plainArray(sends.map((send) => bucketOf(send.conversation))),
    plainArray(sends.map((send) => send.conversation)),
    plainArray(sends.map((send) => send.author)),
    textArray(sends.map((send) => send.name)),
    plainArray(sends.map((send) => send.at)),
    plainArray(sends.map((send) => send.replyTo ?? "null")),
    textArray(sends.map((send) => send.text)),
  ];
}

/** Of a name that stands twice in the group, the first is new and the others are known. */
function answers(group: Group, rows: readonly Row[]): (Appended | "unknown_conversation")[] {
  const stored = new Array<Appended | undefined>(group.sends.length);
  for (const row of rows) {
    const place = Number(row.n) - 1;
    const known = row.known_at !== null;
    stored[place] = {
      rev: Number(row.rev) as Rev,
      seq: Number(row.seq) as Seq,
      at: known ? Number(row.known_at) : group.sends[place]!.at,
      isNew: !known,
    };
  }
  const given = new Set<number>();
  return group.places.map((place) => {
    const answer = stored[place];
    if (!answer) return "unknown_conversation";
    if (!given.has(place)) given.add(place);
    else return { ...answer, isNew: false };
    return answer;
  });
}

/**
 * Conversations are taken in one order, so that two processes that write the same ones do not wait in a ring.
 * Two texts, because a look-up that is only switched off still costs its walk through every partition. No filter
 * on all buckets of the group: planned while the tables are small, it would read all of their conversations.
 */
const quickText = appendText("", "input", "");

const carefulText = appendText(
  `known as materialized (
  select i.n, m.seq, m.rev, m.at
  from input i
  join messages m on m.bucket = i.bucket and m.conversation_id = i.conversation_id
    and m.author_no = i.author_no and m.name = i.name
), fresh as materialized (
  select i.* from input i where not exists (select 1 from known k where k.n = i.n)
), `,
  "fresh",
  "union all select n, seq, rev, at from known",
);

function appendText(lookUp: string, fresh: "input" | "fresh", known: string): string {
  return `
with input as materialized (
  select * from unnest($1::smallint[], $2::uuid[], $3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::text[])
    with ordinality as i (bucket, conversation_id, author_no, name, at, reply_to, body, n)
), ${lookUp}taken as (
  update conversations c
  set last_seq = c.last_seq + g.count, rev = c.rev + g.count
  from (
    select bucket, conversation_id, count(*) as count from ${fresh}
    group by bucket, conversation_id order by bucket, conversation_id
  ) g
  where c.bucket = g.bucket and c.id = g.conversation_id
  returning c.bucket, c.id, c.last_seq - g.count as base_seq, c.rev - g.count as base_rev, c.last_seq
), numbered as materialized (
  select f.*, t.base_seq + row_number() over w as seq, t.base_rev + row_number() over w as rev
  from ${fresh} f join taken t on t.bucket = f.bucket and t.id = f.conversation_id
  window w as (partition by f.conversation_id order by f.n)
), stored as (
  insert into messages (bucket, conversation_id, seq, rev, author_no, name, at, text, reply_to)
  select bucket, conversation_id, seq, rev, author_no, name, at, body, reply_to from numbered
), announced as (
  insert into outbox (bucket, id, event)
  select min(bucket), $8::uuid,
    jsonb_build_object('messages', jsonb_agg(jsonb_build_array(id, base_seq + 1, last_seq)))
  from taken having count(*) > 0
)
select n, seq, rev, null::bigint as known_at from numbered ${known}`;
}
