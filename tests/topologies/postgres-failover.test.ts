// A primary that stops, freezes, turns read-only or loses its synchronous replica: what was acknowledged is on both,
// callers are told in time, and the adapter comes back by itself.

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { openPostgres, type PostgresOptions, type PostgresPorts } from "#adapters/postgres/open.ts";
import type { ConversationId, MemberNo, MessageName } from "#base/ids.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { type PostgresPart, startPostgres, startReplica } from "#tests/parts/postgres.ts";
import { until } from "#tests/parts/until.ts";
import { openFront, type TcpFront } from "./tcp-front.ts";
import { namesIn, newRoom, writeWithoutPause } from "./writers.ts";

setDefaultTimeout(60_000);

let primary: PostgresPart;
let replica: PostgresPart;
let front: TcpFront;
const opened: PostgresPorts[] = [];

beforeAll(async () => {
  primary = await startPostgres();
  replica = await startReplica(primary, { synchronous: true });
  front = await openFront(primary.port);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((ports) => ports.close()));
});
afterAll(async () => {
  await front?.close();
  await replica?.stop();
  await primary?.stop();
});

async function open(options: Partial<PostgresOptions> = {}): Promise<PostgresPorts> {
  const url = primary.url().replace(`:${primary.port}/`, `:${front.port}/`);
  const ports = await openPostgres({ url, emojiPerMessageMax: 5, ...options });
  opened.push(ports);
  return ports;
}

function append(ports: PostgresPorts, room: ConversationId, name: string) {
  const send = { conversation: room, author: 1 as MemberNo, name: name as MessageName, at: 1, text: "leaf" };
  return ports.messageLog.append(ports.messageLog.laneOf(room), [{ ...send, again: false }]);
}

/** Watches an append: "waits" until it is settled. */
function watched(work: Promise<unknown>) {
  const state = {
    is: "waits" as "waits" | "acknowledged" | "unavailable" | "broken",
    settled: Promise.resolve(),
  };
  state.settled = work.then(
    () => {
      state.is = "acknowledged";
    },
    (error: unknown) => {
      state.is = error instanceof StoreUnavailable ? "unavailable" : "broken";
    },
  );
  return state;
}

const waitingForReplica = (text: string, sinceMs: number) => async () => {
  const [row] = await primary.query(
    `select count(*)::int as count from pg_stat_activity where wait_event = 'SyncRep' and query like '%${text}%'
     and query_start < now() - interval '${sinceMs} ms'`,
  );
  return row!.count > 0;
};
const tell = (how: "cancel" | "terminate") =>
  primary.query(`select pg_${how}_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'`);

test("[P80] no time limit and no cancel makes an append acknowledged that the replica does not have", async () => {
  const ports = await open({ statementTimeoutMs: 300, silentMs: 60_000 });
  const room = await newRoom(ports);
  replica.pause();
  try {
    const first = watched(append(ports, room, "patient____"));
    await until("it waits beyond its time limit", waitingForReplica("insert into messages", 1_200));
    expect(first.is).toBe("waits");
    await tell("cancel");
    await until("a second commit waits behind it", waitingForReplica("pg_logical_emit_message", 0));
    expect(first.is).toBe("waits");
    replica.resume();
    await first.settled;
    expect(first.is).toBe("acknowledged");
    expect(await namesIn(ports, room)).toEqual(["patient____" as MessageName]);
  } finally {
    replica.resume();
  }
});

test("[P80] an append whose connection is ended while it waits for the replica is not acknowledged", async () => {
  const ports = await open({ silentMs: 60_000 });
  const room = await newRoom(ports);
  replica.pause();
  try {
    const cutOff = watched(append(ports, room, "cut-off____"));
    await until("it waits for the replica", waitingForReplica("insert into messages", 0));
    await tell("terminate");
    await cutOff.settled;
    expect(cutOff.is).toBe("unavailable");
  } finally {
    replica.resume();
  }
});

test("[P81] a frozen server is given up in time by every kind of call, and used again once it answers", async () => {
  const ports = await open({ silentMs: 500 });
  const room = await newRoom(ports);
  await append(ports, room, "before_____");
  primary.pause();
  const began = performance.now();
  const calls = [
    watched(append(ports, room, "frozen_____")),
    watched(ports.messageLog.page(room, "head", 10, 1 as MemberNo)),
    watched(ports.inbox.readUpTo([{ user: room as never, conversation: room, seq: 1 as never }])),
    watched(ports.accounts.create({ ...account, user: Bun.randomUUIDv7() as never })),
  ];
  await Promise.all(calls.map((call) => call.settled));
  const tookMs = performance.now() - began;
  primary.resume();
  expect(calls.map((call) => call.is)).toEqual(Array(4).fill("unavailable"));
  expect(tookMs).toBeLessThan(5_000);
  await until("it is used again", () => append(ports, room, "after______").then(isDone, isNotDone));
});

test("[P81] writers go on by themselves through kill -9, refused connections, a cut and a freeze: none lost", async () => {
  const ports = await open({ silentMs: 500 });
  const writers = await Promise.all(
    Array.from({ length: 4 }, async () => writeWithoutPause(ports, await newRoom(ports))),
  );
  const written = () => writers.reduce((sum, writer) => sum + writer.names.length, 0);
  const more = async () => {
    const from = written();
    await until("messages are acknowledged again", () => written() > from + 50);
  };
  await more();
  await primary.kill9();
  await primary.start();
  await more();
  front.pointTo(null);
  front.cut();
  const failed = () => writers.reduce((sum, writer) => sum + writer.failures(), 0);
  const before = failed();
  await until("callers are told", () => failed() > before + 10);
  front.pointTo(primary.port);
  await more();
  primary.pause();
  const beforeFreeze = failed();
  await until("callers are told of the freeze", () => failed() > beforeFreeze);
  primary.resume();
  await more();
  for (const writer of writers) {
    await writer.stop();
    expect(await namesIn(ports, writer.room)).toEqual([...writer.names]);
  }
});

test("[P82] a server that is no primary any more is left, though its connections live and answer", async () => {
  const ports = await open();
  const room = await newRoom(ports);
  const writer = writeWithoutPause(ports, room);
  await until("it writes", () => writer.names.length > 20);
  // Nobody else tells the adapter: the balancer points elsewhere and cuts nothing.
  await primary.query("alter system set synchronous_standby_names = ''");
  await primary.query("alter system set default_transaction_read_only = on");
  await primary.query("select pg_reload_conf()");
  const failures = writer.failures();
  await until("the old one refuses", () => writer.failures() > failures);
  await until("the replica has all", async () => {
    const [[far], [near]] = await Promise.all([
      primary.query("select (pg_current_wal_flush_lsn() - '0/0')::float8 as at"),
      replica.query("select (pg_last_wal_replay_lsn() - '0/0')::float8 as at"),
    ]);
    return near!.at >= far!.at;
  });
  front.pointTo(replica.port);
  const late = await open().catch((error: unknown) => error);
  expect(late).toBeInstanceOf(Error);
  await replica.query("select pg_promote()");
  const names = writer.names.length;
  await until("it writes on the new primary", () => writer.names.length > names + 20);
  await writer.stop();
  expect(await namesIn(ports, room)).toEqual([...writer.names]);
});

const account = { handle: "someone", displayName: "", passwordHash: "", createdAt: 1, open: true };
const isDone = () => true;
const isNotDone = () => false;
