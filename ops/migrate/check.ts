// What must hold before anything is touched. Each problem is one line with its remedy, and all are told at once.

import { statfsSync } from "node:fs";
import { isFenced, processesConnected } from "#adapters/postgres/copying/fence.ts";
import type { Link } from "#adapters/postgres/copying/link.ts";
import { remainsOn } from "#adapters/postgres/copying/publication.ts";
import { filledTables } from "#adapters/postgres/copying/tables.ts";
import { MiB } from "#base/units.ts";
import type { Parties } from "./parties.ts";
import type { MoveState } from "./state.ts";

export interface Found {
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

export async function check(dataDir: string, state: MoveState, parties: Parties): Promise<Found> {
  const { source, target } = parties;
  const problems: string[] = [];
  const notes: string[] = [];
  const [from] = await source.ask(factsText);
  const [to] = await target.ask(factsText);
  notes.push(`from PostgreSQL ${from!.version} (${mib(from!.bytes)} MiB) to PostgreSQL ${to!.version}`);
  if (from!.wal_level !== "logical")
    problems.push(
      "The old database has wal_level other than logical: set it (wal_level = logical) and restart that PostgreSQL.",
    );
  if (!to!.is_superuser)
    problems.push('Following needs a superuser of the new database: give its URL as "adminUrl".');
  if (state.direction === "back" && !from!.may_replicate)
    problems.push('Giving a copy needs a login with REPLICATION: give its URL as "adminUrl".');
  if (to!.is_replica) problems.push("The new database is a replica: give the URL of its primary.");
  if (to!.encoding !== "UTF8") problems.push("The new database is not UTF8: create it with encoding UTF8.");
  if (await isFenced(target))
    problems.push("The new database is fenced: an earlier move left it. Take another, empty one.");
  const filled = await filledTables(target);
  if (filled.length > 0)
    problems.push(`The new database is not empty (${filled.slice(0, 5).join(", ")}): give an empty one.`);
  await noRemains(source, "old", problems);
  await noRemains(target, "new", problems);
  if (state.direction === "to" && to!.wal_level !== "logical")
    notes.push("the cluster has wal_level other than logical: there will be no way back until that is set");
  if (state.direction === "to" && (await processesConnected(target)) > 0)
    problems.push("Processes of Banyan use the new database already: stop them until the move is done.");
  if (state.direction === "back" && freeMiB(dataDir) < mib(from!.bytes) * 1.5)
    problems.push(`The disk of ${dataDir} has less than 1.5 times the room that the copy needs.`);
  return { problems, notes };
}

async function noRemains(link: Link, which: string, problems: string[]): Promise<void> {
  const remains = await remainsOn(link);
  if (remains.length === 0) return;
  problems.push(
    `In the ${which} database something of an earlier copy is left (${remains.join(", ")}): ` +
      "run ./banyan migrate abort, or take it away by hand.",
  );
}

const factsText = `
select current_setting('server_version') as version, current_setting('wal_level') as wal_level,
  current_setting('server_encoding') as encoding, pg_database_size(current_database())::text as bytes,
  pg_is_in_recovery() as is_replica, r.rolsuper as is_superuser, r.rolsuper or r.rolreplication as may_replicate
from pg_roles r where r.rolname = current_user`;

function mib(bytes: string): number {
  return Math.ceil(Number(bytes) / MiB);
}

function freeMiB(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return Math.floor((bavail * bsize) / MiB);
}
