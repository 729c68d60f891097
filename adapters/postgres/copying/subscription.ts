// The taking end of a copy: PostgreSQL's own subscription, which copies each table and then follows.

import { type Link, quoted } from "./link.ts";
import { copyName, createMarker } from "./publication.ts";
import { markerTable } from "./tables.ts";

/** `connection`: as the taking PostgreSQL reaches the giving one; holds a password. */
export async function subscribe(target: Link, connection: string): Promise<void> {
  await createMarker(target);
  // A table that cannot be copied yet (all slots taken, the connection broke) is tried again by itself.
  const options = "copy_data = true, disable_on_error = false";
  await target.ask(
    `create subscription ${copyName} connection ${quoted(connection)} publication ${copyName} with (${options})`,
  );
}

/** Goes on after a break, from where PostgreSQL remembers that it was. */
export async function resubscribe(target: Link, connection: string): Promise<void> {
  await target.ask(`alter subscription ${copyName} connection ${quoted(connection)}`);
  await target.ask(`alter subscription ${copyName} enable`);
}

/** Without asking the giver, which may be gone; its slot goes with `unpublish`. Twice is once. */
export async function unsubscribe(target: Link): Promise<void> {
  const [row] = await target.ask(
    `select 1 from pg_subscription s join pg_database d on d.oid = s.subdbid
     where d.datname = current_database() and s.subname = $1`,
    [copyName],
  );
  if (row) {
    await target.ask(`alter subscription ${copyName} disable`);
    await target.ask(`alter subscription ${copyName} set (slot_name = none)`);
    await target.ask(`drop subscription ${copyName}`);
  }
  await target.ask(`drop table if exists ${markerTable}`);
}

export interface CopyProgress {
  readonly tables: number;
  /** Copied, and followed since. */
  readonly tablesReady: number;
  /** Rows of the tables being copied now. */
  readonly rowsUnderWay: number;
  /** PostgreSQL gave up: its log says why. */
  readonly hasFailed: boolean;
}

export async function progressOf(target: Link): Promise<CopyProgress> {
  const [row] = await target.ask(
    `select s.subenabled as enabled,
       (select count(*)::int from pg_subscription_rel r where r.srsubid = s.oid) as tables,
       (select count(*)::int from pg_subscription_rel r where r.srsubid = s.oid and r.srsubstate = 'r') as ready,
       (select coalesce(sum(tuples_processed), 0)::text from pg_stat_progress_copy
         where datname = current_database()) as under_way
     from pg_subscription s join pg_database d on d.oid = s.subdbid
     where d.datname = current_database() and s.subname = $1`,
    [copyName],
  );
  if (!row) return { tables: 0, tablesReady: 0, rowsUnderWay: 0, hasFailed: true };
  return {
    tables: row.tables,
    tablesReady: row.ready,
    rowsUnderWay: Number(row.under_way),
    hasFailed: !row.enabled,
  };
}

/** Fulfils with the time that it took when everything written to `source` before the call is in `target`. */
export async function arrived(source: Link, target: Link, withinMs: number): Promise<number> {
  const began = performance.now();
  const token = crypto.randomUUID();
  await source.ask(
    `insert into ${markerTable} (id, token) values (1, $1) on conflict (id) do update set token = excluded.token`,
    [token],
  );
  for (;;) {
    const [row] = await target.ask(`select token from ${markerTable} where id = 1`);
    if (row?.token === token) return performance.now() - began;
    if (performance.now() - began > withinMs) throw new Error(`the copy is more than ${withinMs} ms behind`);
    await Bun.sleep(2);
  }
}
