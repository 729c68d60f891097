// Brings a database to the schema that this code knows: each missing migration in one transaction together with
// its record. Two processes at once do not collide: the record's key lets one of them wait for the other.

import type { SQL } from "bun";
import { assert } from "#base/assert.ts";
import { sqlStateOf } from "../failures.ts";
import { allMigrations } from "./all.ts";
import type { Migration } from "./migration.ts";

/** The schema asks for newer code than this. */
export class SchemaTooNew extends Error {
  override name = "SchemaTooNew";
}

/** The names of the migrations applied now. */
export async function migrate(
  sql: SQL,
  migrations: readonly Migration[] = allMigrations,
): Promise<readonly string[]> {
  assert(
    migrations.every((migration, index) => migration.id === index + 1),
    "migrations are numbered 1, 2, 3 ...",
  );
  await ensureRecord(sql);
  const done = await state(sql);
  if (done.codeMin > migrations.length) {
    throw new SchemaTooNew(
      `The data was written by a newer release of Banyan (schema ${done.newest}; this release knows up to ` +
        `${migrations.length}). Start that release again, or a newer one. Nothing was changed.`,
    );
  }
  const applied: string[] = [];
  for (const migration of migrations.slice(done.newest)) {
    if (await apply(sql, migration)) applied.push(migration.name);
  }
  return applied;
}

async function ensureRecord(sql: SQL): Promise<void> {
  try {
    await sql.unsafe(`create table if not exists schema_migrations (
      id int primary key,
      name text not null,
      code_min int not null,
      applied_at timestamptz not null default now()
    )`);
  } catch (error) {
    // "if not exists" of two at once: the second finds the first one's rows in the catalogue.
    if (!["23505", "42P07", "42710"].includes(sqlStateOf(error) ?? "")) throw error;
  }
}

async function state(sql: SQL): Promise<{ newest: number; codeMin: number }> {
  const [row] = await sql.unsafe(
    "select coalesce(max(id), 0)::int as newest, coalesce(max(code_min), 0)::int as code_min from schema_migrations",
  );
  return { newest: row.newest, codeMin: row.code_min };
}

/** False when another process has applied it meanwhile. */
async function apply(sql: SQL, migration: Migration): Promise<boolean> {
  try {
    await sql.begin(async (transaction) => {
      await transaction.unsafe("insert into schema_migrations (id, name, code_min) values ($1, $2, $3)", [
        migration.id,
        migration.name,
        migration.codeMin,
      ]);
      for (const statement of migration.statements) await transaction.unsafe(statement);
    });
    return true;
  } catch (error) {
    if (sqlStateOf(error) === "23505") return false;
    throw error;
  }
}
