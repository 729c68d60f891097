// Sums by which two databases are compared without moving their rows: a count and the sum of a 64-bit hash of
// each row's text. The order of rows does not matter, PostgreSQL 15 and 18 hash alike, a row that differs changes
// the sum (but for one chance in 2^64).

import { partitionCount, partitionName } from "../partitions.ts";
import type { Link } from "./link.ts";
import { copiedTables, markerTable } from "./tables.ts";

export interface Standing {
  readonly bucket: number;
  readonly id: string;
  readonly rev: number;
  readonly seq: number;
}

/** A conversation's rows beyond `from` up to `to`: every change of them has a rev, so no other can have moved. */
export interface Stretch {
  readonly bucket: number;
  readonly id: string;
  readonly from: { readonly rev: number; readonly seq: number };
  readonly to: { readonly rev: number; readonly seq: number };
}

export const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);

/** How far each conversation of a partition has come. `ids`: only these. */
export async function standings(
  ask: Link["ask"],
  partition: number,
  ids: readonly string[] | null,
): Promise<Standing[]> {
  const rows = await ask(
    `select bucket, id, rev::text as rev, last_seq::text as seq from conversations
     where bucket % ${partitionCount} = $1::int and ($2::text is null or id = any($2::text::uuid[])) order by id`,
    [partition, ids === null ? null : `{${ids.join(",")}}`],
  );
  return rows.map((row) => ({ bucket: row.bucket, id: row.id, rev: Number(row.rev), seq: Number(row.seq) }));
}

/** For each stretch (all of one partition) that has rows: "<count> <sum>". */
export async function stretchSums(
  ask: Link["ask"],
  partition: number,
  stretches: readonly Stretch[],
): Promise<Map<string, string>> {
  const array = (value: (stretch: Stretch) => string | number) => `{${stretches.map(value).join(",")}}`;
  const rows = await ask(stretchText(partition), [
    array((it) => it.bucket),
    array((it) => it.id),
    array((it) => it.from.rev),
    array((it) => it.from.seq),
    array((it) => it.to.rev),
    array((it) => it.to.seq),
  ]);
  return new Map(rows.map((row) => [row.id as string, `${row.count} ${row.sum}`]));
}

function stretchText(partition: number): string {
  const [messages, members, reactions] = ["messages", "members", "reactions"].map((table) =>
    partitionName(table, partition),
  );
  const beyond = "(m.seq > b.from_seq or m.changed_rev > b.from_rev)";
  const upTo = "m.seq <= b.to_seq and coalesce(m.changed_rev, 0) <= b.to_rev";
  return `
with b as materialized (
  select * from unnest($1::text::smallint[], $2::text::uuid[], $3::text::bigint[], $4::text::bigint[],
    $5::text::bigint[], $6::text::bigint[]) as b (bucket, id, from_rev, from_seq, to_rev, to_seq)
), hashes as (
  select m.conversation_id as id, hashtextextended(m::text, 1) as hash
  from b join ${messages} m on m.bucket = b.bucket and m.conversation_id = b.id where ${beyond} and ${upTo}
  union all
  select p.conversation_id, hashtextextended(p::text, 2)
  from b join ${members} p on p.bucket = b.bucket and p.conversation_id = b.id
  where p.rev > b.from_rev and p.rev <= b.to_rev
  union all
  select r.conversation_id, hashtextextended(r::text, 3)
  from b join ${messages} m on m.bucket = b.bucket and m.conversation_id = b.id and m.changed_rev > b.from_rev
  join ${reactions} r on r.bucket = m.bucket and r.conversation_id = m.conversation_id and r.seq = m.seq
  where ${upTo}
)
select id, count(*)::text as count, sum(hash)::text as sum from hashes group by id`;
}

/** Tables that are compared whole: all but those of `stretchSums`. */
export async function wholeTables(link: Link): Promise<string[]> {
  const tables = await copiedTables(link);
  return tables.filter(
    (table) => table !== markerTable && !/^(messages|members|reactions)_p\d+$/.test(table),
  );
}

export async function tableSum(link: Link, table: string): Promise<string> {
  const [row] = await link.ask(
    `select count(*)::text as count, coalesce(sum(hashtextextended(t::text, 0)), 0)::text as sum from ${table} t`,
  );
  return `${row!.count} ${row!.sum}`;
}
