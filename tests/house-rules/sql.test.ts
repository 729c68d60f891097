// The data rules over the statements of adapters/postgres, and proof that a broken one would be found.

import { expect, test } from "bun:test";
import { sourceFile, sources } from "#tests/house-rules/house.ts";
import { sqlProblems } from "#tests/house-rules/sql.ts";

const statement = (sql: string) => [sourceFile("adapters/postgres/x.ts", `const a = \`${sql}\`;`)];

test("every statement keeps the data rules", () => {
  expect(sources.filter((file) => file.path.startsWith("adapters/postgres/")).length).toBeGreaterThan(5);
  expect(sqlProblems(sources)).toEqual([]);
});

test("a conversation-side statement without its bucket is found, however it names the table", () => {
  for (const table of [
    "messages",
    "messages_p07",
    "messages_$" + "{lane}",
    "$" + "{t.messages}",
    "only outbox",
  ])
    expect(sqlProblems(statement(`select seq from ${table} where id = $1`))).toHaveLength(1);
  expect(sqlProblems(statement("update conversations set rev = 1 where id = $1"))).toHaveLength(1);
  expect(sqlProblems(statement("select seq from messages where bucket = $1 and id = $2"))).toEqual([]);
  expect(sqlProblems(statement("select 1 from sessions where user_id = $1"))).toEqual([]);
});

test("what is not used is found", () => {
  const texts = [
    "create trigger t before insert on inbox execute function f()",
    "notify changes",
    "select pg_notify('a', 'b')",
    "select pg_advisory_xact_lock(1)",
    "merge into inbox using x on true when matched then do nothing",
    "create table inbox2 (a int unique deferrable)",
    "create index i on inbox using gist (a)",
    "lock table inbox",
    "create table b () inherits (inbox)",
    "set transaction isolation level serializable; select 1",
    "select * from inbox cross join lateral (select * from unnest($1::int[])) x",
    "with recursive a as (select 1) select * from a",
  ];
  for (const text of texts) expect([text, sqlProblems(statement(text)).length]).toEqual([text, 1]);
});

test("a join between the two families is found", () => {
  const joined = "select 1 from messages m join users u on true where m.bucket = $1";
  expect(sqlProblems(statement(joined))).toHaveLength(1);
});
