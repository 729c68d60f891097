// All suites of the store's ports on one PostgreSQL, wherever it is: each suite in a database of its own, several
// processes' worth of connections, and those that can be cut.

import { afterAll, beforeAll, setDefaultTimeout } from "bun:test";
import { SQL } from "bun";
import { systemClock } from "#adapters/bun/clock.ts";
import { openOutboxStream } from "#adapters/outbox/event-stream.ts";
import { openPostgres, type PostgresPorts } from "#adapters/postgres/open.ts";
import { endpointOf, type Target } from "#adapters/postgres/target.ts";
import { bucketOf } from "#base/ids.ts";
import type { NewMessage } from "#ports/message-log.ts";
import { accountsContract } from "./accounts.ts";
import { conversationStoreContract } from "./conversation-store.ts";
import { deadLettersContract } from "./dead-letters.ts";
import { eventStreamContract, maker } from "./event-stream.ts";
import { inboxContract } from "./inbox.ts";
import { leasesContract } from "./leases.ts";
import { messageLogContract } from "./message-log.ts";
import { messagingContract } from "./messaging.ts";
import { outboxContract } from "./outbox.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export interface ServerUnderTest {
  at(database: string): Target;
  stop(): Promise<void>;
}

const emojiPerMessageMax = 5;

export function postgresContract(name: string, start: () => Promise<ServerUnderTest>): void {
  setDefaultTimeout(30_000);
  let server: ServerUnderTest;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  const openStore = () => openStoreOn(server);
  messageLogContract(`on ${name}`, openStore);
  conversationStoreContract(`on ${name}`, openStore);
  inboxContract(`on ${name}`, openStore);
  outboxContract(`on ${name}`, openStore);
  accountsContract(`on ${name}`, openStore);
  messagingContract(`on the store in ${name}`, openStore);
  const openTwo = () => openTwoOn(server);
  deadLettersContract(`on ${name}`, openTwo);
  leasesContract(`on ${name}`, openTwo);
  eventStreamContract(`read from the outbox in ${name}`, async () => {
    const { other, ...ports } = await openTwo();
    const consumers = ["first", "second"] as const;
    return {
      stream: openOutboxStream(ports.outbox, systemClock, { consumers }),
      other: openOutboxStream(other.outbox, systemClock, { consumers }),
      consumers,
      deadLetters: ports.deadLetters,
      make: maker(ports),
      close: ports.close,
    };
  });
}

/** A database of its own, as two processes see it. */
async function openTwoOn(server: ServerUnderTest) {
  const target = await newDatabase(server);
  const [ports, other] = [await open(target), await open(target)];
  const close = async () => void (await Promise.all([ports.close(), other.close()]));
  return { ...ports, other, close };
}

async function openStoreOn(server: ServerUnderTest): Promise<StoreUnderTest> {
  const target = await newDatabase(server);
  const [ports, other, brittle] = [await open(target), await open(target), await open(target, "brittle")];
  return {
    ...ports,
    other,
    emojiPerMessageMax,
    brittle: { messageLog: brittle.messageLog, sever: () => sever(target) },
    holdAppend: (send) => holdAppend(target, send),
    emptyInstallation: async () => {
      const empty = await newDatabase(server);
      const [first, second] = [await open(empty), await open(empty)];
      const close = async () => void (await Promise.all([first.close(), second.close()]));
      return { accounts: first.accounts, other: second.accounts, close };
    },
    close: async () => void (await Promise.all([ports.close(), other.close(), brittle.close()])),
  };
}

let databases = 0;

async function newDatabase(server: ServerUnderTest): Promise<Target> {
  const name = `contract_${++databases}`;
  const sql = connect(server.at("postgres"));
  await sql.unsafe(`create database ${name}`);
  await sql.close();
  return server.at(name);
}

function open(target: Target, applicationName = "steady"): Promise<PostgresPorts> {
  const connections = { groups: 2, changes: 3, reads: 2 };
  return openPostgres({ ...target, emojiPerMessageMax, connections, applicationName });
}

function connect(target: Target): SQL {
  return new SQL({ adapter: "postgres", ...endpointOf(target), max: 1 } as never);
}

/** Ends the connections on which the brittle one writes its groups. */
async function sever(target: Target): Promise<void> {
  const sql = connect(target);
  await sql.unsafe(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'brittle groups'`,
  );
  await sql.close();
}

async function holdAppend(target: Target, send: NewMessage) {
  const sql = connect(target);
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
