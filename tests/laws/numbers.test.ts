// The laws of numbers, on a real PostgreSQL: gapless sequences whatever goes on at once, any number of services over
// one database, and no row per user per message.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { SQL } from "bun";
import { type EmbeddedPostgres, startEmbedded } from "#adapters/postgres/embedded/start.ts";
import { openPostgres, type PostgresPorts } from "#adapters/postgres/open.ts";
import type { ConversationId, Seq, UserId } from "#base/ids.ts";
import type { Messaging } from "#ports/messaging.ts";
import { newName, newUsers, openConversation } from "#tests/contract/made-up.ts";
import { openMessaging } from "#tests/contract/messaging-service.ts";
import { temporaryFolder } from "#tests/serve-process.ts";

setDefaultTimeout(30_000);

let postgres: EmbeddedPostgres;
let stores: readonly [PostgresPorts, PostgresPorts];

beforeAll(async () => {
  postgres = await startEmbedded({ dataDir: temporaryFolder() });
  stores = [await openStore(), await openStore()];
});
afterAll(async () => {
  for (const store of stores) await store.close();
  await postgres.stop();
});

function openStore(): Promise<PostgresPorts> {
  const { socketDir, username, database } = postgres;
  return openPostgres({ socketDir, username, database, emojiPerMessageMax: 20 });
}

test("[L2] numbers have no holes while people send, edit, delete, react and are refused at once", async () => {
  const users = newUsers(4);
  const { id } = await openConversation(stores[0], users);
  const { messaging } = openMessaging(stores[0]);
  const revs = await Promise.all(users.map((user, i) => talk(messaging, user, id, `${i}`)));
  const { rev, lastSeq, changes } = (await stores[0].messageLog.since(
    id,
    0 as never,
    0 as Seq,
    1 as never,
    500,
  ))!;
  const messages = changes.filter((change) => change.kind === "message");
  expect(messages.map((message) => message.seq).sort((a, b) => a - b)).toEqual(upTo(lastSeq) as Seq[]);
  const before = rev - revs.flat().length;
  expect(revs.flat().sort((a, b) => a - b)).toEqual(upTo(rev).slice(before));
});

test("[L4] two services over one database number one conversation without a hole or a double", async () => {
  const users = newUsers(2);
  const { id } = await openConversation(stores[0], users);
  const services = stores.map((store) => openMessaging(store).messaging);
  const names = Array.from({ length: 60 }, newName);
  const send = (messaging: Messaging, name: (typeof names)[number], again: boolean) =>
    messaging.send({ user: users[0]!, conversation: id, name, text: "a word", again });
  const first = await Promise.all(names.map((name, i) => send(services[i % 2]!, name, false)));
  const again = await Promise.all(names.map((name, i) => send(services[(i + 1) % 2]!, name, true)));
  expect(again).toEqual(first);
  const seqs = first.map((answer) => (answer.ok ? answer.value.seq : -1));
  expect(seqs.sort((a, b) => a - b)).toEqual(upTo(60) as Seq[]);
});

test("[L7] a message to fifty members is one row in the log, and nothing per member", async () => {
  const users = newUsers(50);
  const { id } = await openConversation(stores[0], users);
  const { messaging } = openMessaging(stores[0], { limits: { membersMax: 100, receiptsMembersMax: 100 } });
  const before = await countRows();
  const messages = 20;
  for (let i = 0; i < messages; i++) {
    const sent = { user: users[i]!, conversation: id, name: newName(), text: "to all", again: false };
    expect((await messaging.send(sent)).ok).toBe(true);
  }
  for (const user of users) await messaging.read(user, id, messages as Seq);
  await messaging.drain();
  const after = await countRows();
  expect(after.messages - before.messages).toBe(messages);
  const others = after.all - after.messages - (before.all - before.messages);
  expect(others).toBeLessThanOrEqual(messages + users.length); // the outbox, and a cursor for each who has read
});

/** Some of everything; the revs that it was given. */
async function talk(
  messaging: Messaging,
  user: UserId,
  id: ConversationId,
  words: string,
): Promise<number[]> {
  const revs: number[] = [];
  for (let round = 0; round < 15; round++) {
    const command = { user, conversation: id, name: newName(), text: `${words} ${round}`, again: false };
    const answers = await Promise.all([
      messaging.send(command),
      messaging.send({ ...command, name: newName(), text: "" }),
    ]);
    const sent = answers[0];
    if (!sent.ok) throw new Error(sent.refusal.reason);
    expect(answers[1].ok).toBe(false);
    const { seq, rev } = sent.value;
    const more = await Promise.all([
      messaging.react(user, id, seq, "🌳", true),
      round % 3 === 0 ? messaging.remove(user, id, seq) : messaging.edit(user, id, seq, "better"),
      messaging.edit(user, id, 9_999 as Seq, "not there"),
    ]);
    revs.push(rev, ...more.flatMap((answer) => (answer.ok ? [answer.value.rev] : [])));
  }
  return revs;
}

async function countRows(): Promise<{ all: number; messages: number }> {
  const { socketDir, username, database } = postgres;
  const sql = new SQL({
    adapter: "postgres",
    path: `${socketDir}/.s.PGSQL.5432`,
    username,
    database,
    max: 1,
  });
  try {
    const tables =
      await sql`select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`;
    let all = 0;
    let messages = 0;
    for (const { relname } of tables) {
      const [{ count }] = await sql.unsafe(`select count(*)::int as count from ${relname}`);
      all += count;
      if (/^messages(_|$)/.test(relname)) messages += count;
    }
    return { all, messages };
  } finally {
    await sql.close();
  }
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}
