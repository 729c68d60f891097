// The copy: the schema, then PostgreSQL's logical replication copies each table and follows what is written since.

import { type Link, linkTo } from "#adapters/postgres/copying/link.ts";
import { createLogin, publish, unpublish } from "#adapters/postgres/copying/publication.ts";
import {
  arrived,
  progressOf,
  resubscribe,
  subscribe,
  unsubscribe,
} from "#adapters/postgres/copying/subscription.ts";
import { dropTables, migrationsOf } from "#adapters/postgres/copying/tables.ts";
import { migrate } from "#adapters/postgres/migrations/migrate.ts";
import { StartProblem } from "#app/start-problem.ts";
import { lockLogin, type Parties, unlockLogin } from "./parties.ts";
import type { MoveState } from "./state.ts";

export async function beginCopy(dataDir: string, state: MoveState, parties: Parties): Promise<void> {
  const { source, target } = parties;
  await makeSchema(state, target);
  const [old, made] = [await migrationsOf(source), await migrationsOf(target)];
  if (old !== made)
    throw new StartProblem(
      `The two databases have different schemas (${old}; ${made}).`,
      "Run the same release of Banyan on both sides.",
    );
  if (state.bridge) {
    await lockLogin(dataDir, source);
    await createLogin(source, state.bridge.password);
  }
  await publish(source);
  await subscribe(target, parties.connection);
}

/** As the login that will use the tables, so that it owns them. */
async function makeSchema(state: MoveState, target: Link): Promise<void> {
  if (state.direction === "back") return void (await migrate(target.sql));
  const owner = linkTo({ url: String(state.values.postgresUrl) });
  try {
    await migrate(owner.sql);
  } finally {
    await owner.close();
  }
}

const gaveUp =
  "PostgreSQL gave up the copy; the new database's log says why (if its log_min_messages is error or finer)";
const stalledMs = 60_000;
const failuresMax = 4;

/** Fulfils when every table is copied and followed; the delay of the following, in milliseconds. */
export async function follow(parties: Parties, say: (line: string) => void): Promise<number> {
  const { source, target } = parties;
  const began = performance.now();
  let failures = 0;
  let ready = 0;
  let said = "";
  let movedAt = performance.now();
  for (;;) {
    const progress = await progressOf(target);
    if (progress.tablesReady > ready) failures = 0;
    ready = progress.tablesReady;
    if (progress.hasFailed) {
      // A connection that broke ends it as well; it goes on from where it was.
      if (++failures > failuresMax) throw new Error(gaveUp);
      await Bun.sleep(failures * 500);
      await resubscribe(target, parties.connection);
      continue;
    }
    if (progress.tables > 0 && progress.tablesReady === progress.tables) break;
    const line = `copying: ${progress.tablesReady} of ${progress.tables} tables, ${progress.rowsUnderWay} rows under way`;
    if (line !== said) movedAt = performance.now();
    if (performance.now() - movedAt > stalledMs) throw new Error(await whyStalled(target));
    if (line !== said && secondsSince(began) > 0) say(line);
    said = line;
    await Bun.sleep(100);
  }
  const lagMs = await arrived(source, target, 600_000);
  say(
    `copied in ${((performance.now() - began) / 1000).toFixed(1)} s; the copy is ${lagMs.toFixed(0)} ms behind`,
  );
  return lagMs;
}

async function whyStalled(target: Link): Promise<string> {
  const [row] = await target.ask(
    "select count(*)::int as workers from pg_stat_subscription where pid is not null",
  );
  return row!.workers > 0
    ? "the copy does not get on: nothing came for a minute; the new database's log says why"
    : "the new database has no worker that copies: can it reach the old one? (--bridge-seen-as)";
}

export interface CleaningProblems {
  readonly source: string | null;
  readonly target: string | null;
}

/** So that the comparison, and the first statements of the new side, are planned for tables of this size. */
export async function learnSizes({ source, target }: Parties): Promise<void> {
  await Promise.all([source.ask("analyze"), target.ask("analyze")]);
}

/** Takes away what the copying needed, on each side that can be reached; twice is once. `empty`: and the copy. */
export async function endCopy(
  dataDir: string,
  state: MoveState,
  parties: Parties,
  { empty }: { empty: boolean },
): Promise<CleaningProblems> {
  const target = await problemOf(async () => {
    await unsubscribe(parties.target);
    if (empty) await dropTables(parties.target);
  });
  const source = await problemOf(async () => {
    if (state.bridge) await unlockLogin(dataDir, parties.source);
    await unpublish(parties.source);
  });
  return { source, target };
}

async function problemOf(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function secondsSince(began: number): number {
  return Math.floor((performance.now() - began) / 1000);
}
