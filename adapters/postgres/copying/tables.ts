// Which tables are copied: all but those that belong to one database and mean nothing in another. Transaction
// numbers order the outbox, so its entries are carried at the cut-over instead (carry-outbox.ts).

import type { Link } from "./link.ts";

const ownOfEach = ["schema_migrations", "outbox", "outbox_consumers", "leases"];

/** Copied with the rest, so that what was written before it has arrived when it has. */
export const markerTable = "migration_marker";

/** Tables with rows of their own, partitions each for itself. */
export async function copiedTables(link: Link): Promise<string[]> {
  const rows = await link.ask(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind = 'r' order by 1`,
  );
  return rows.map((row) => row.name as string).filter((name) => !ownOfEach.includes(name));
}

/** The partitions stand in it under their parents' names as well. */
export async function allTables(link: Link): Promise<string[]> {
  const rows = await link.ask(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  );
  return rows.map((row) => row.name as string);
}

/** Names of tables that hold a row. */
export async function filledTables(link: Link): Promise<string[]> {
  const filled: string[] = [];
  for (const table of await copiedTables(link)) {
    const [row] = await link.ask(`select exists (select 1 from ${table}) as filled`);
    if (row!.filled && table !== markerTable) filled.push(table);
  }
  return filled;
}

export async function migrationsOf(link: Link): Promise<string> {
  const rows = await link.ask("select id, name from schema_migrations order by id");
  return rows.map((row) => `${row.id} ${row.name}`).join(", ");
}

/** What Banyan made in this database, taken away; for a copy that was given up. */
export async function dropTables(link: Link): Promise<void> {
  const tables = await allTables(link);
  if (tables.length > 0) await link.ask(`drop table if exists ${tables.join(", ")} cascade`);
}
