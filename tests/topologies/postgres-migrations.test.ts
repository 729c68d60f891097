// Migrations of the PostgreSQL schema: forwards from every earlier state, at once, half-way, and from the future.

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { SQL } from "bun";
import type { EmbeddedPostgres } from "#adapters/postgres/embedded/start.ts";
import { allMigrations } from "#adapters/postgres/migrations/all.ts";
import { migrate, SchemaTooNew } from "#adapters/postgres/migrations/migrate.ts";
import type { Migration } from "#adapters/postgres/migrations/migration.ts";
import { dataDirectories } from "./data-directory.ts";

setDefaultTimeout(60_000);

const directories = dataDirectories();
const connections: SQL[] = [];
let postgres: EmbeddedPostgres;
let databases = 0;

beforeAll(async () => {
  postgres = await directories.start(await directories.make());
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((sql) => sql.close()));
});
afterAll(() => directories.end());

function connect(database: string): SQL {
  const path = join(postgres.socketDir, ".s.PGSQL.5432");
  const sql = new SQL({ adapter: "postgres", path, username: postgres.username, database, max: 1 } as never);
  connections.push(sql);
  return sql;
}

async function newDatabase(): Promise<string> {
  const name = `migrations_${++databases}`;
  await connect("postgres").unsafe(`create database ${name}`);
  return name;
}

/** Everything that migrations made: columns, keys, checks and indexes. */
async function schemaOf(sql: SQL): Promise<string[]> {
  const rows = await sql.unsafe(`
    select format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) as line
    from information_schema.columns where table_schema = 'public'
    union all
    select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
    where connamespace = 'public'::regnamespace
    union all
    select indexdef from pg_indexes where schemaname = 'public'
    order by 1`);
  return rows.map((row: { line: string }) => row.line);
}

/** The released ones, and two more as later releases would add them. */
const laterMigrations: readonly Migration[] = [
  ...allMigrations,
  {
    id: allMigrations.length + 1,
    name: "expand",
    codeMin: allMigrations.length,
    statements: ["create table leaves (id int primary key)", "create index leaves_by_id on leaves (id)"],
  },
  {
    id: allMigrations.length + 2,
    name: "contract",
    codeMin: allMigrations.length + 2,
    statements: ["alter table leaves drop column id"],
  },
];

test("from every earlier state, step by step or at once, the same schema comes out", async () => {
  const direct = connect(await newDatabase());
  const names = laterMigrations.map((migration) => migration.name);
  expect(await migrate(direct, laterMigrations)).toEqual(names);
  const wanted = await schemaOf(direct);
  expect(wanted.some((line) => line.startsWith("messages_p15.text"))).toBe(true);
  for (let earlier = 0; earlier <= laterMigrations.length; earlier++) {
    const sql = connect(await newDatabase());
    expect(await migrate(sql, laterMigrations.slice(0, earlier))).toEqual(names.slice(0, earlier));
    expect(await migrate(sql, laterMigrations)).toEqual(names.slice(earlier));
    expect(await migrate(sql, laterMigrations)).toEqual([]);
    expect(await schemaOf(sql)).toEqual(wanted);
  }
});

test("several processes at once apply each migration once, and none fails", async () => {
  const database = await newDatabase();
  const processes = Array.from({ length: 4 }, () => connect(database));
  const applied = await Promise.all(processes.map((sql) => migrate(sql, laterMigrations)));
  expect(applied.flat().sort()).toEqual(laterMigrations.map((migration) => migration.name).sort());
});

test("a migration that fails half-way leaves nothing behind, and goes through once it is mended", async () => {
  const sql = connect(await newDatabase());
  const id = allMigrations.length + 1;
  const broken = {
    id,
    name: "broken",
    codeMin: 1,
    statements: ["create table twigs (id int)", "create tabel"],
  };
  await expect(migrate(sql, [...allMigrations, broken])).rejects.toThrow("syntax error");
  const before = await schemaOf(sql);
  expect(before.some((line) => line.startsWith("twigs"))).toBe(false);
  const mended = { ...broken, statements: broken.statements.slice(0, 1) };
  expect(await migrate(sql, [...allMigrations, mended])).toEqual(["broken"]);
});

test("the release before runs on an expanded schema, and refuses politely what was contracted", async () => {
  const sql = connect(await newDatabase());
  await migrate(sql, laterMigrations.slice(0, -1));
  expect(await migrate(sql, allMigrations)).toEqual([]);
  await migrate(sql, laterMigrations);
  const before = await schemaOf(sql);
  const refusal = await migrate(sql, allMigrations).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(SchemaTooNew);
  expect(String(refusal)).toContain("Start that release again, or a newer one. Nothing was changed.");
  expect(await schemaOf(sql)).toEqual(before);
});
