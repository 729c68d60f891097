// Accounts of programs: which account is one, which sessions are of one, and who made it.

import type { Migration } from "./migration.ts";

export const bots: Migration = {
  id: 4,
  name: "bots",
  codeMin: 1,
  statements: [
    "alter table users add column is_bot boolean not null default false",
    // Said again here, so that whoever shows a token is known with one row.
    "alter table sessions add column is_bot boolean not null default false",
    `create table bots (
      user_id uuid not null,
      bot uuid not null,
      primary key (user_id, bot)
    )`,
  ],
};
