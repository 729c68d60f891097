// The giving end of a copy: a publication, a login for the taker where it needs one, and the marker by which it is
// told that everything has arrived. Nothing of it may stay behind: a slot that nobody reads fills the disk.

import { identifier, type Link, quoted } from "./link.ts";
import { copiedTables, markerTable } from "./tables.ts";

/** The name of the publication, the subscription, the slot and the login. */
export const copyName = "banyan_migration";

export async function publish(source: Link): Promise<void> {
  await createMarker(source);
  const tables = (await copiedTables(source)).map(identifier).join(", ");
  await source.ask(`create publication ${copyName} for table ${tables}`);
}

export async function createMarker(link: Link): Promise<void> {
  await link.ask(`create table if not exists ${markerTable} (id int primary key, token text not null)`);
}

/** A login for the taker, with `password`; it may read everything and write nothing. */
export async function createLogin(source: Link, password: string): Promise<void> {
  await source.ask(`create role ${copyName} login replication password ${quoted(password)}`);
  await source.ask(`grant pg_read_all_data to ${copyName}`);
}

/** Takes away whatever of it is there; twice is once. */
export async function unpublish(source: Link): Promise<void> {
  await source.ask(`drop publication if exists ${copyName}`);
  await source.ask(`drop table if exists ${markerTable}`);
  await dropSlots(source);
  const [role] = await source.ask("select 1 from pg_roles where rolname = $1", [copyName]);
  if (!role) return;
  await source.ask(
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()",
    [copyName],
  );
  await source.ask(`revoke pg_read_all_data from ${copyName}`);
  await source.ask(`drop role ${copyName}`);
}

/** Our slot, and those that the first copy of each table had (PostgreSQL names them pg_<n>_sync_...). */
async function dropSlots(source: Link): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const slots = await slotsOf(source);
    if (slots.length === 0) return;
    for (const { slot_name, active_pid } of slots) {
      if (active_pid) await source.ask("select pg_terminate_backend($1::int)", [active_pid]);
      await source.ask("select pg_drop_replication_slot($1)", [slot_name]).catch(() => {});
    }
    if (performance.now() > deadline) throw new Error("a replication slot could not be dropped");
    await Bun.sleep(20);
  }
}

export function slotsOf(source: Link) {
  return source.ask(
    `select slot_name, active_pid, wal_status from pg_replication_slots
     where database = current_database() and (slot_name = $1 or slot_name like 'pg\\_%\\_sync\\_%')`,
    [copyName],
  );
}

/** What remains of a copy on this side; empty when it is clean. */
export async function remainsOn(link: Link): Promise<string[]> {
  const rows = await link.ask(
    `select 'publication' as what from pg_publication where pubname = $1
     union all select 'subscription' from pg_subscription s join pg_database d on d.oid = s.subdbid
       where d.datname = current_database() and s.subname = $1
     union all select 'login' from pg_roles where rolname = $1
     union all select 'marker' from pg_tables where schemaname = 'public' and tablename = $2`,
    [copyName, markerTable],
  );
  return [...rows.map((row) => row.what as string), ...(await slotsOf(link)).map(() => "slot")];
}
