// The durable stream of what happened: rules P20 - P23. Entries are ordered by the transaction that wrote them,
// and only those of transactions older than every one still running are given: whatever commits later has a
// higher number, so that nothing slips in before what a consumer has already seen. An entry is therefore given
// once the transactions that were under way when it was written have ended, usually within milliseconds.

import type { ConversationId, MemberNo, Rev, Seq, UserId } from "#base/ids.ts";
import {
  type Outbox,
  type OutboxEntry,
  type OutboxEvent,
  type OutboxPosition,
  waitingMax,
} from "#ports/outbox.ts";
import { textArray } from "./arrays.ts";
import type { Database, Row } from "./database.ts";

export interface OutboxHints {
  /** After a commit that wrote an entry. */
  announced(): void;
  onHint(then: () => void): () => void;
}

export function outboxHints(): OutboxHints {
  const listeners = new Set<() => void>();
  return {
    announced: () => {
      for (const listener of listeners) listener();
    },
    onHint: (then) => {
      const listener = () => then();
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function openOutbox(database: Database, hints: OutboxHints): Outbox {
  return {
    onHint: hints.onHint,
    async read(consumer, countMax) {
      return (await database.read("outbox.read", readText, [consumer, countMax])).map(entryOf);
    },
    async after(position, countMax) {
      const [xid, id] = position.split(":") as [string, string];
      return (await database.read("outbox.after", afterText, [xid, id, countMax])).map(entryOf);
    },
    async waiting(consumer) {
      const [row] = await database.read("outbox.waiting", waitingText, [consumer, waitingMax]);
      return Number(row!.count);
    },
    async lineage() {
      const [row] = await database.read("outbox.lineage", lineageText, []);
      return `${row!.cluster}/${row!.timeline}`;
    },
    async confirm(consumer, upTo) {
      const [xid, id] = upTo.split(":") as [string, string];
      await database.change("outbox.confirm", confirmText, [consumer, xid, id]);
    },
    async trim(consumers) {
      if (consumers.length === 0) return 0;
      const names = [...new Set(consumers)];
      const [row] = await database.change("outbox.trim", trimText, [textArray(names), names.length]);
      return Number(row!.count);
    },
  };
}

function entryOf(row: Row): OutboxEntry {
  return { position: `${row.xid}:${row.id}` as OutboxPosition, event: eventOf(row.event) };
}

const readText = `
select o.xid::text as xid, o.id, o.event
from outbox o
where o.bucket between 0 and 1023
  and o.xid < pg_snapshot_xmin(pg_current_snapshot())
  and (o.xid, o.id) > (
    coalesce((select c.xid from outbox_consumers c where c.consumer = $1), '0'::xid8),
    coalesce((select c.id from outbox_consumers c where c.consumer = $1), '00000000-0000-0000-0000-000000000000')
  )
order by o.xid, o.id limit $2::int`;

const afterText = `
select o.xid::text as xid, o.id, o.event
from outbox o
where o.bucket between 0 and 1023
  and o.xid < pg_snapshot_xmin(pg_current_snapshot())
  and (o.xid, o.id) > ($1::xid8, $2::uuid)
order by o.xid, o.id limit $3::int`;

const waitingText = `
select count(*) as count from (
  select 1 from outbox o
  where o.bucket between 0 and 1023
    and (o.xid, o.id) > (
      coalesce((select c.xid from outbox_consumers c where c.consumer = $1), '0'::xid8),
      coalesce((select c.id from outbox_consumers c where c.consumer = $1), '00000000-0000-0000-0000-000000000000')
    )
  order by o.xid, o.id limit $2::int
) waiting`;

// A promoted replica and a restored backup each begin a timeline of their own.
const lineageText = `
select system_identifier::text as cluster, left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline
from pg_control_system()`;

const confirmText = `
insert into outbox_consumers (consumer, xid, id) values ($1, $2::xid8, $3::uuid)
on conflict (consumer) do update set xid = excluded.xid, id = excluded.id
where (outbox_consumers.xid, outbox_consumers.id) < (excluded.xid, excluded.id)`;

const trimText = `
with slowest as materialized (
  select xid, id from outbox_consumers
  where consumer = any($1::text[])
    and (select count(*) from outbox_consumers where consumer = any($1::text[])) = $2::int
  order by xid, id limit 1
), gone as (
  delete from outbox o
  where o.bucket between 0 and 1023
    and (o.xid, o.id) <= ((select xid from slowest), (select id from slowest))
  returning 1
)
select count(*) as count from gone`;

/** As statements write it: short, since one stands beside each group of messages. */
type StoredEvent =
  | { readonly messages: readonly (readonly [ConversationId, Seq, Seq])[] }
  | { readonly changed: readonly [ConversationId, Rev, Seq] }
  | { readonly memberships: readonly (readonly [UserId, ConversationId, MemberNo, Rev, boolean, Seq])[] };

function eventOf(stored: StoredEvent): OutboxEvent {
  if ("messages" in stored) {
    const ranges = stored.messages.map(([conversation, fromSeq, toSeq]) => ({
      conversation,
      fromSeq,
      toSeq,
    }));
    return { kind: "messages", ranges };
  }
  if ("changed" in stored) {
    const [conversation, rev, seq] = stored.changed;
    return { kind: "changed", conversation, rev, seq };
  }
  const rows = stored.memberships.map(([user, conversation, member, rev, active, joinedSeq]) => {
    return { user, conversation, member, rev, active, joinedSeq };
  });
  return { kind: "memberships", rows };
}
