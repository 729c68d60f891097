// A fence around a database: nobody's transaction can write any more, whoever connects and whenever, until it is
// taken down. It stands in the catalogue, so it outlives crashes and travels to replicas.

import { copyingName, identifier, type Link } from "./link.ts";

const roundsMin = 3;
const roundMs = 15;
const withinMs = 10_000;

/** Fulfils when no connection is left that could still write. */
export async function fence(link: Link): Promise<void> {
  await alter(link, "set default_transaction_read_only = on");
  const [row] = await link.ask("select clock_timestamp()::text as at");
  const deadline = performance.now() + withinMs;
  // A connection that was being made when the fence came shows itself a moment later.
  for (let clean = 0; clean < roundsMin; ) {
    const left = await link.ask(endOlderText, [row!.at, copyingName]);
    clean = left.length === 0 ? clean + 1 : 0;
    if (performance.now() > deadline) throw new Error("connections to the old database did not end");
    await Bun.sleep(roundMs);
  }
}

export async function unfence(link: Link): Promise<void> {
  await alter(link, "reset default_transaction_read_only");
}

export async function isFenced(link: Link): Promise<boolean> {
  const rows = await link.ask(
    `select 1 from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
     where d.datname = current_database() and s.setrole = 0
       and 'default_transaction_read_only=on' = any(s.setconfig)`,
  );
  return rows.length > 0;
}

/** Connections of Banyan's processes, such as "banyan groups". */
export async function processesConnected(link: Link): Promise<number> {
  const [row] = await link.ask(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend'
       and application_name like 'banyan%' and application_name <> $1`,
    [copyingName],
  );
  return row!.count;
}

const endOlderText = `
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and backend_type = 'client backend'
  and backend_start <= $1::timestamptz and application_name <> $2`;

async function alter(link: Link, what: string): Promise<void> {
  const [row] = await link.ask("select current_database() as name");
  await link.ask(`alter database ${identifier(row!.name)} ${what}`);
}
