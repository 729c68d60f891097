// What still stands in the outbox, since some consumer has not confirmed it, goes along: in its order, numbered by
// the new database's own transactions. Consumers begin there anew: at least once, as ever.

import type { Link } from "./link.ts";

const chunk = 1_000;

/** The number of entries carried. `target`'s outbox is emptied first, so that twice is once. */
export async function carryOutbox(source: Link, target: Link): Promise<number> {
  await target.ask("delete from outbox where bucket between 0 and 1023");
  await target.ask("delete from outbox_consumers");
  let count = 0;
  for (let after: { xid: string; id: string } | null = null; ; ) {
    const rows: Record<string, any>[] = await source.ask(
      `select o.bucket, o.id, o.xid::text as xid, o.event::text as event from outbox o
       where o.bucket between 0 and 1023 and (o.xid, o.id) > ($1::xid8, $2::uuid)
       order by o.xid, o.id limit ${chunk}`,
      [after?.xid ?? "0", after?.id ?? "00000000-0000-0000-0000-000000000000"],
    );
    if (rows.length === 0) return count;
    await target.ask(
      `insert into outbox (bucket, id, event)
       select (e->>'bucket')::smallint, (e->>'id')::uuid, (e->>'event')::jsonb
       from jsonb_array_elements($1::text::jsonb) as e`,
      [JSON.stringify(rows.map(({ bucket, id, event }) => ({ bucket, id, event })))],
    );
    count += rows.length;
    const last = rows[rows.length - 1]!;
    after = { xid: last.xid, id: last.id };
  }
}
