// The bench's own look into Banyan's embedded PostgreSQL, beside the server: for loading and for counting.

import { SQL } from "bun";
import { superuser } from "#adapters/postgres/embedded/cluster-files.ts";
import { placeIn } from "#adapters/postgres/embedded/place.ts";

/** How the ports reach the database of that data folder. */
export function connection(folder: string) {
  return { socketDir: placeIn(folder).socketFolder, username: superuser, database: "postgres" };
}

export function openDatabase(folder: string): SQL {
  const { socketDir, username, database } = connection(folder);
  const options = { adapter: "postgres", path: `${socketDir}/.s.PGSQL.5432`, username, database, max: 1 };
  return new SQL(options as never);
}

export interface DatabaseWork {
  readonly transactions: number;
  readonly rowsFetched: number;
  readonly blocksRead: number;
}

/** What the database has done since its statistics began. */
export async function databaseWork(where: { folder: string } | { url: string }): Promise<DatabaseWork> {
  const sql = "url" in where ? new SQL({ url: where.url, max: 1 }) : openDatabase(where.folder);
  try {
    const [row] = await sql`select sum(xact_commit + xact_rollback) transactions, sum(tup_fetched) fetched,
      sum(blks_read) blocks from pg_stat_database`;
    return {
      transactions: Number(row.transactions),
      rowsFetched: Number(row.fetched),
      blocksRead: Number(row.blocks),
    };
  } finally {
    await sql.close();
  }
}

/** How many messages it holds, of all conversations. */
export async function messagesIn(where: { folder: string } | { url: string }): Promise<number> {
  const sql = "url" in where ? new SQL({ url: where.url, max: 1 }) : openDatabase(where.folder);
  try {
    const [row] = await sql`select count(*) messages from messages`;
    return Number(row.messages);
  } finally {
    await sql.close();
  }
}
