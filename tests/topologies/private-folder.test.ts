// Banyan in a folder that only its user may enter, such as /root: data and programs both are in there, and the user
// as whom PostgreSQL runs has to reach them all the same.

import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { SQL } from "bun";
import { findBinaries } from "#adapters/postgres/embedded/binaries.ts";
import { startEmbedded } from "#adapters/postgres/embedded/start.ts";
import { temporaryFolder } from "#tests/serve-process.ts";

setDefaultTimeout(60_000);

test("PostgreSQL is made and started where only this user may enter", async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o700);
  const programs = join(folder, "programs");
  cpSync(join(findBinaries().postgres, "../.."), programs, { recursive: true });
  mkdirSync(join(folder, "data"), { mode: 0o700 });
  const postgres = await startEmbedded({ dataDir: join(folder, "data"), binariesFolder: programs });
  const { socketDir, username, database } = postgres;
  const sql = new SQL({
    adapter: "postgres",
    path: `${socketDir}/.s.PGSQL.5432`,
    username,
    database,
    max: 1,
  });
  const [row] = await sql`select 1 + 1 as two`;
  expect(row.two).toBe(2);
  await sql.close();
  await postgres.stop();
});
