// `./banyan bench scale messages`: from 100,000 stored messages to many millions, in the real schema of the embedded
// server: what a send, an open, a page, a resume and a search for a person cost at each number.

import { mkdirSync, statfsSync } from "node:fs";
import { startEmbedded } from "#adapters/postgres/embedded/start.ts";
import { openPostgres } from "#adapters/postgres/open.ts";
import { openDatabase } from "#bench/seeding/database.ts";
import { banyanTarget } from "#bench/targets/banyan.ts";
import { onCores, usualCluster } from "#bench/targets/target.ts";
import { offerOurselvesFirst } from "./limits.ts";
import { type Costs, costsAt } from "./message-costs.ts";
import { blockPeople } from "./people.ts";
import { appendPoint, type Stamp } from "./record.ts";
import { blocksFor, messagesEach, seedingSettings, seedMessages } from "./seed-messages.ts";
import { seedPeople } from "./seed-people.ts";

const emojiPerMessageMax = 20;
const freeBytesMin = 20 * 2 ** 30;
const bytesPerMessageMost = 400;

export interface MessagesWish {
  readonly points: readonly number[];
  readonly rounds: number;
  readonly folderOf: (messages: number) => string;
  readonly seed: number;
  readonly seedOnly: boolean;
  readonly measureOnly: boolean;
  readonly stamp: Stamp;
}

export interface MessagesPoint {
  readonly kind: "messages";
  readonly messages: number;
  readonly conversations: number;
  /** Points from before people were searched lack it. */
  readonly people?: number;
  /** Several rounds, each with conversations of its own. */
  readonly costs: readonly Costs[];
  readonly bytesPerMessage: { readonly table: number; readonly indexes: number };
}

export async function scaleMessages(wish: MessagesWish): Promise<number> {
  offerOurselvesFirst();
  for (const messages of wish.points) {
    const folder = wish.folderOf(messages);
    mkdirSync(folder, { recursive: true });
    if (!wish.measureOnly) await seed(folder, messages);
    if (wish.seedOnly) continue;
    const point = await measure(wish, folder, messages);
    appendPoint("messages", wish.stamp, point);
    for (const [act, { cpuUs, p50Ms, p99Ms }] of Object.entries(point.costs[0]!))
      say(
        `${messages.toLocaleString("en")}: ${act} ${cpuUs.toFixed(0)} us, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`,
      );
  }
  return 0;
}

async function seed(folder: string, messages: number): Promise<void> {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < freeBytesMin + messages * bytesPerMessageMost)
    throw new Error(`${messages} messages would leave less than 20 GiB of disk.`);
  const startedAt = performance.now();
  const postgres = await startEmbedded({ dataDir: folder, settings: seedingSettings });
  const { socketDir, username, database } = postgres;
  try {
    await (await openPostgres({ socketDir, username, database, emojiPerMessageMax })).close();
    const sql = openDatabase(folder);
    await seedPeople(sql, blocksFor(messages) * blockPeople, say);
    await seedMessages(sql, messages, say);
    await sql.close();
  } finally {
    await postgres.stop();
  }
  say(
    `${messages.toLocaleString("en")} messages are there after ${Math.round((performance.now() - startedAt) / 1000)} s`,
  );
}

/** Each round has a server that has just started and conversations of its own: nothing of it is in a cache of Banyan's. */
async function measure(wish: MessagesWish, folder: string, messages: number): Promise<MessagesPoint> {
  const conversations = messages / messagesEach;
  const people = blocksFor(messages) * blockPeople;
  const costs: Costs[] = [];
  for (let round = 0; round < wish.rounds; round++) {
    const server = await banyanTarget.start({ cores: "0", folder, cluster: usualCluster });
    // Names of messages follow from the seed: those of another round or run would be answered as repeats.
    const seed = wish.seed + 1000 * round + Math.floor(Date.now() / 1000) * 7;
    const needs = { port: server.port, pids: server.pids, conversations, people, seed };
    try {
      costs.push(await onCores("1", () => costsAt(needs)));
    } finally {
      await server.stop();
    }
  }
  const postgres = await startEmbedded({ dataDir: folder });
  const bytesPerMessage = await bytesOf(folder, messages).finally(() => postgres.stop());
  return { kind: "messages", messages, conversations, people, costs, bytesPerMessage };
}

async function bytesOf(folder: string, messages: number): Promise<MessagesPoint["bytesPerMessage"]> {
  const sql = openDatabase(folder);
  try {
    const [row] = await sql`select sum(pg_table_size(relid)) tables, sum(pg_indexes_size(relid)) indexes
      from pg_partition_tree('messages') where isleaf`;
    return { table: Number(row.tables) / messages, indexes: Number(row.indexes) / messages };
  } finally {
    await sql.close();
  }
}

function say(line: string): void {
  console.error(`  ${new Date().toISOString().slice(11, 19)} ${line}`);
}
