// ./banyan dead-letters on a running server: listed, tried again by its worker, dropped.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { Database } from "#adapters/postgres/database.ts";
import { openDeadLetters } from "#adapters/postgres/dead-letters.ts";
import { placeIn } from "#adapters/postgres/embedded/place.ts";
import type { OutboxPosition } from "#ports/outbox.ts";
import { until } from "#tests/parts/until.ts";
import { runBanyan, temporaryFolder } from "#tests/serve-process.ts";
import { startServer, type TestServer } from "#tests/server.ts";

let server: TestServer;
let database: Database;
beforeAll(async () => {
  server = await startServer();
  database = new Database({ socketDir: placeIn(realpathSync(server.dataDir)).socketFolder });
});
afterAll(async () => {
  await database?.close();
  await server?.stop();
});

const letters = (...words: string[]) => runBanyan(["dead-letters", ...words, "--data-dir", server.dataDir]);

/** Of an event that the consumer would handle now. */
async function newDeadLetter(event: string): Promise<void> {
  const id = Bun.randomUUIDv7() as never;
  const row = { user: id, conversation: id, member: 1, rev: 1, active: true, joinedSeq: 0 } as never;
  const content = { kind: "memberships" as const, rows: [row] };
  const error = "Error: inbox.apply: refused with 22003";
  const failed = {
    consumer: "memberships",
    event: event as OutboxPosition,
    content,
    error,
    at: 1_790_000_000_000,
  };
  await openDeadLetters(database).note(failed, 1);
}

test("dead letters are listed, dropped, and tried again by the worker that runs", async () => {
  await newDeadLetter("7:one");
  await newDeadLetter("8:two");
  const listed = await letters("list");
  expect(listed.out).toContain(
    "memberships  8:two  memberships  1 tries  Error: inbox.apply: refused with 22003",
  );
  expect(listed.out).toContain("2 dead letters.");
  expect((await letters("drop", "memberships", "7:one")).out).toContain("1 dropped.");
  expect((await letters("retry", "memberships", "all")).out).toContain("1 will be tried again");
  const isEmpty = async () => (await openDeadLetters(database).count()) === 0;
  await until("the worker has handled it", isEmpty, 15_000);
  expect((await letters("list", "memberships")).out).toContain("0 dead letters.");
}, 40_000);

test("without a server on the data directory it says what to do", async () => {
  const folder = join(temporaryFolder(), "nothing");
  const { code, err } = await runBanyan(["dead-letters", "list", "--data-dir", folder]);
  expect(code).toBe(1);
  expect(err).toContain("Start it with ./banyan serve, or give the database with --postgres-url.");
});
