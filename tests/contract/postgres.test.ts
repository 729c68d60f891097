// The PostgreSQL adapters pass the store's contract suites, on the embedded PostgreSQL that a user gets.

import { afterAll, beforeAll, setDefaultTimeout } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SQL } from "bun";
import { type EmbeddedPostgres, startEmbedded } from "#adapters/postgres/embedded/start.ts";
import { openPostgres, type PostgresPorts } from "#adapters/postgres/open.ts";
import { bucketOf } from "#base/ids.ts";
import type { NewMessage } from "#ports/message-log.ts";
import { accountsContract } from "./accounts.ts";
import { conversationStoreContract } from "./conversation-store.ts";
import { inboxContract } from "./inbox.ts";
import { messageLogContract } from "./message-log.ts";
import { messagingContract } from "./messaging.ts";
import { outboxContract } from "./outbox.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

setDefaultTimeout(30_000);

const emojiPerMessageMax = 5;
let dataDir: string;
let postgres: EmbeddedPostgres;
let databases = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "banyan-contract-"));
  postgres = await startEmbedded({ dataDir });
});

afterAll(async () => {
  await postgres?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function openStore(): Promise<StoreUnderTest> {
  const database = await newDatabase();
  const [ports, other, brittle] = [
    await open(database),
    await open(database),
    await open(database, "brittle"),
  ];
  return {
    ...ports,
    other,
    emojiPerMessageMax,
    brittle: { messageLog: brittle.messageLog, sever: () => sever(database) },
    holdAppend: (send) => holdAppend(database, send),
    emptyInstallation: async () => {
      const empty = await newDatabase();
      const [first, second] = [await open(empty), await open(empty)];
      const close = async () => void (await Promise.all([first.close(), second.close()]));
      return { accounts: first.accounts, other: second.accounts, close };
    },
    close: async () => void (await Promise.all([ports.close(), other.close(), brittle.close()])),
  };
}

async function newDatabase(): Promise<string> {
  const name = `contract_${++databases}`;
  const sql = connect("postgres");
  await sql.unsafe(`create database ${name}`);
  await sql.close();
  return name;
}

function open(database: string, applicationName = "steady"): Promise<PostgresPorts> {
  const connections = { groups: 2, changes: 3, reads: 2 };
  return openPostgres({
    socketDir: postgres.socketDir,
    database,
    emojiPerMessageMax,
    connections,
    applicationName,
  });
}

function connect(database: string): SQL {
  const path = join(postgres.socketDir, ".s.PGSQL.5432");
  return new SQL({ adapter: "postgres", path, username: postgres.username, database, max: 1 } as never);
}

/** Ends the connections on which the brittle one writes its groups. */
async function sever(database: string): Promise<void> {
  const sql = connect(database);
  await sql.unsafe(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'brittle groups'",
    [database],
  );
  await sql.close();
}

async function holdAppend(database: string, send: NewMessage) {
  const sql = connect(database);
  const held = await sql.reserve();
  const bucket = bucketOf(send.conversation);
  await held.unsafe("begin");
  const [taken] = await held.unsafe(
    "update conversations set last_seq = last_seq + 1, rev = rev + 1 where bucket = $1 and id = $2 returning last_seq, rev",
    [bucket, send.conversation],
  );
  await held.unsafe(
    `insert into messages (bucket, conversation_id, seq, rev, author_no, name, at, text)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [bucket, send.conversation, taken.last_seq, taken.rev, send.author, send.name, send.at, send.text],
  );
  const event = { messages: [[send.conversation, Number(taken.last_seq), Number(taken.last_seq)]] };
  await held.unsafe("insert into outbox (bucket, id, event) values ($1, $2, $3::text::jsonb)", [
    bucket,
    Bun.randomUUIDv7(),
    JSON.stringify(event),
  ]);
  const end = async (how: "commit" | "rollback") => {
    await held.unsafe(how);
    held.release();
    await sql.close();
  };
  return { commit: () => end("commit"), abort: () => end("rollback") };
}

messageLogContract("on PostgreSQL", openStore);
conversationStoreContract("on PostgreSQL", openStore);
inboxContract("on PostgreSQL", openStore);
outboxContract("on PostgreSQL", openStore);
accountsContract("on PostgreSQL", openStore);
messagingContract("on the store in PostgreSQL", openStore);
