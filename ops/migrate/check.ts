// What must hold before anything is touched. Each problem is one line with its remedy, and all are told at once.

import { statfsSync } from "node:fs";
import { isFenced, processesConnected } from "#adapters/postgres/copying/fence.ts";
import type { Link } from "#adapters/postgres/copying/link.ts";
import { remainsOn } from "#adapters/postgres/copying/publication.ts";
import { allTables, filledTables } from "#adapters/postgres/copying/tables.ts";
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
  const tables = await allTables(target);
  // A copy that is given up takes all tables away again.
  if (tables.length > 0 && !tables.includes("schema_migrations") && filled.length === 0)
    problems.push(
      `The new database has tables of others (${tables.slice(0, 5).join(", ")}): give an empty one.`,
    );
  await noRemains(source, "old", problems);
  await noRemains(target, "new", problems);
  if (state.direction === "to" && to!.wal_level !== "logical")
    notes.push("the cluster has wal_level other than logical: there will be no way back until that is set");
  if (state.direction === "to" && (await processesConnected(target)) > 0)
    problems.push("Processes of Banyan use the new database already: stop them until the move is done.");
  for (const url of otherParts(state.values))
    if (!(await isReachable(url)))
      problems.push(`Nothing answers at ${url.host}, which the file names: start it, or correct the file.`);
  if (state.direction === "back" && freeMiB(dataDir) < mib(from!.bytes) * 1.5)
    problems.push(`The disk of ${dataDir} has less than 1.5 times the room that the copy needs.`);
  return { problems, notes };
}

/** The cluster's parts beside PostgreSQL: whatever the file gives as a URL of this kind. */
function otherParts(values: MoveState["values"]): URL[] {
  const texts = Object.values(values).flatMap((value) =>
    Array.isArray(value) ? value : String(value).split(","),
  );
  return texts
    .filter((text) => /^(nats|tls|rediss?):\/\//.test(text) && URL.canParse(text))
    .map((text) => new URL(text));
}

const defaultPorts: Record<string, number> = { "nats:": 4222, "tls:": 4222, "redis:": 6379, "rediss:": 6379 };

async function isReachable(url: URL): Promise<boolean> {
  const port = Number(url.port) || defaultPorts[url.protocol]!;
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const opening = Bun.connect({ hostname, port, socket: { data() {} } });
  const opened = opening.then(
    (socket) => {
      socket.end();
      return true;
    },
    () => false,
  );
  return Promise.race([opened, Bun.sleep(reachWithinMs).then(() => false)]);
}

const reachWithinMs = 3_000;

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
