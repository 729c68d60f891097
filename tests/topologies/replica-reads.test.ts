// Reads on a replica, through the ports: none is older than what was acknowledged when it was asked, whatever the
// replica does; and the replica does the work when it can.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { openPostgres, type PostgresPorts } from "#adapters/postgres/open.ts";
import type { ConversationId, MemberNo, MessageName, Seq, UserId } from "#base/ids.ts";
import { seed } from "#tests/contract/made-up.ts";
import { type PostgresPart, startPostgres, startReplica } from "#tests/parts/postgres.ts";
import { until } from "#tests/parts/until.ts";
import { newRoom } from "./writers.ts";

setDefaultTimeout(60_000);

let primary: PostgresPart;
let replicas: PostgresPart[];
let ports: PostgresPorts;

beforeAll(async () => {
  primary = await startPostgres();
  replicas = [await startReplica(primary, { name: "one" }), await startReplica(primary, { name: "two" })];
  ports = await open(primary, replicas);
  await untilReplicasServe();
});
afterAll(async () => {
  await ports?.close();
  for (const replica of replicas ?? []) await replica.stop();
  await primary?.stop();
});

function open(first: PostgresPart, others: readonly PostgresPart[]): Promise<PostgresPorts> {
  const replicaUrls = others.map((each) => each.url());
  return openPostgres({ url: first.url(), replicaUrls, emojiPerMessageMax: 5 });
}

async function untilReplicasServe(): Promise<void> {
  const room = await newRoom(ports);
  await until("a replica serves", async () => {
    const before = ports.readCounts().replica;
    await ports.messageLog.page(room, "head", 1, reader);
    return ports.readCounts().replica > before;
  });
}

const reader = 1 as MemberNo;

async function append(room: ConversationId, count: number): Promise<number> {
  const name = String(count).padEnd(11, "_") as MessageName;
  const send = { conversation: room, author: reader, name, at: 1, text: "leaf", again: false };
  const [answer] = await ports.messageLog.append(ports.messageLog.laneOf(room), [send]);
  if (answer === "unknown_conversation") throw new Error("the room should be known");
  return answer!.seq;
}

/** What each read that may be a replica's says the newest number is. */
async function newestOf(room: ConversationId): Promise<number[]> {
  const page = await ports.messageLog.page(room, "head", 5, reader);
  const since = await ports.messageLog.since(room, 0 as never, 0 as Seq, reader, 100_000);
  const [newest] = await ports.messageLog.newest([room]);
  return [page!.lastSeq, page!.messages.at(-1)?.seq ?? 0, since!.lastSeq, newest?.seq ?? 0];
}

test("[P83] what was acknowledged is read, with the replicas well, their replay paused, frozen, and gone", async () => {
  const room = await newRoom(ports);
  const user = Bun.randomUUIDv7() as string as UserId;
  let count = 0;
  const writeAndRead = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const seq = await append(room, ++count);
      expect(await newestOf(room)).toEqual([seq, seq, seq, seq]);
      await ports.inbox.apply([
        { user, conversation: room, member: reader, rev: count as never, active: true, joinedSeq: 0 as Seq },
      ]);
      await ports.inbox.readUpTo([{ user, conversation: room, seq: seq as Seq }]);
      expect((await ports.inbox.list([user]))[0]!.map((entry) => entry.readSeq as number)).toEqual([seq]);
      const cursors = await ports.inbox.cursors(room, [user]);
      expect(cursors.map((cursor) => cursor.seq as number)).toEqual([seq]);
    }
  };
  await writeAndRead(20);
  for (const replica of replicas) await replica.query("select pg_wal_replay_pause()");
  await writeAndRead(10);
  for (const replica of replicas) await replica.query("select pg_wal_replay_resume()");
  await untilReplicasServe();
  for (const replica of replicas) replica.pause();
  await writeAndRead(5);
  for (const replica of replicas) replica.resume();
  await untilReplicasServe();
  for (const replica of replicas) await replica.kill9();
  await writeAndRead(5);
  for (const replica of replicas) await replica.start();
  await untilReplicasServe();
  await writeAndRead(5);
});

test(`[P83] many writers and readers, replay paused and resumed by chance: none reads less than was acknowledged (seed ${seed})`, async () => {
  const chance = seeded(seed);
  const rooms = await Promise.all(Array.from({ length: 8 }, () => newRoom(ports)));
  const acknowledged = rooms.map(() => 0);
  const before = ports.readCounts();
  const until = performance.now() + 4_000;
  const goesOn = () => performance.now() < until;
  let reads = 0;
  let wake = { at: Number.POSITIVE_INFINITY, come: () => {} };
  const afterReads = (count: number) =>
    new Promise<void>((come) => {
      wake = { at: goesOn() ? reads + count : 0, come };
      if (!goesOn()) come();
    });
  const writers = rooms.map(async (room, index) => {
    for (let count = 1; goesOn(); count++) acknowledged[index] = await append(room, count);
  });
  const readers = Array.from({ length: 12 }, async () => {
    while (goesOn()) {
      const index = Math.floor(chance() * rooms.length);
      const atLeast = acknowledged[index]!;
      const page = await ports.messageLog.page(rooms[index]!, "head", 3, reader);
      if (++reads >= wake.at) wake.come();
      if (page!.lastSeq < atLeast || (page!.messages.at(-1)?.seq ?? 0) < atLeast)
        throw new Error(`read ${page!.lastSeq} where ${atLeast} was acknowledged`);
    }
  });
  const trouble = (async () => {
    while (goesOn()) {
      const replica = replicas[Math.floor(chance() * replicas.length)]!;
      await replica.query("select pg_wal_replay_pause()");
      await afterReads(chance() * 30);
      await replica.query("select pg_wal_replay_resume()");
      await afterReads(chance() * 300);
    }
  })();
  await Promise.all([...writers, ...readers]);
  wake.come();
  await trouble;
  const after = ports.readCounts();
  expect(after.replica - before.replica).toBeGreaterThan(100);
  expect(after.tokens - before.tokens).toBeLessThan(reads);
});

test("a quiet replica does the reads, and the primary only tells how far it is", async () => {
  await untilReplicasServe();
  const room = await newRoom(ports);
  await append(room, 1);
  const before = ports.readCounts();
  for (let i = 0; i < 100; i++) await ports.messageLog.page(room, "head", 1, reader);
  const after = ports.readCounts();
  expect(after.primary).toBe(before.primary);
  expect(after.replica).toBe(before.replica + 100);
  await until("the replicas have counted them", async () => {
    const counts = await Promise.all(
      replicas.map((each) =>
        each.query(
          "select coalesce(sum(seq_scan + idx_scan), 0)::int as reads from pg_stat_user_tables where relname like 'messages_p%'",
        ),
      ),
    );
    return counts.reduce((sum, [row]) => sum + row!.reads, 0) >= 100;
  });
});

test("[P83] a replica that follows a history given up by a failover is not read, however far it is", async () => {
  const [heir, stray] = [
    await startReplica(primary, { name: "heir" }),
    await startReplica(primary, { name: "stray" }),
  ];
  const room = await newRoom(ports);
  await append(room, 1);
  const far = "select (pg_last_wal_replay_lsn() - '0/0')::float8 as at";
  await heir.query("select pg_promote()");
  // The old primary goes on, and the stray replica with it, further than the new primary is.
  for (let count = 2; count < 200; count++) await append(room, count);
  const torn = await open(heir, [stray]);
  try {
    const send = { conversation: room, author: reader, at: 1, text: "new history", again: false };
    const lane = torn.messageLog.laneOf(room);
    for (let count = 0; count < 20; count++) {
      const name = `n${count}`.padEnd(11, "_") as MessageName;
      const [answer] = await torn.messageLog.append(lane, [{ ...send, name }]);
      const page = await torn.messageLog.page(room, "head", 1, reader);
      expect(page!.messages[0]!.text).toBe("new history");
      expect(answer).toMatchObject({ seq: page!.lastSeq });
    }
    const [stranded] = await stray.query(far);
    const [head] = await heir.query("select (pg_current_wal_flush_lsn() - '0/0')::float8 as at");
    expect(stranded!.at).toBeGreaterThan(head!.at);
    expect(torn.readCounts().replica).toBe(0);
  } finally {
    await torn.close();
    await stray.stop();
    await heir.stop();
  }
});

function seeded(start: number): () => number {
  let state = start >>> 0;
  return () => {
    // mulberry32 by Tommy Ettinger (public domain)
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}
