// Failed tries and dead letters of consumers, and leases: small tables of their own that are not distributed.

import type { Migration } from "./migration.ts";

const deadLetters = [
  // A row is a failed try that is counted, then (dead_at) a dead letter. event: the position in the outbox.
  `create table dead_letters (
    consumer text collate "C" not null,
    event text collate "C" not null,
    content jsonb not null,
    tries int not null,
    error text not null,
    failed_at bigint not null,
    dead_at bigint,
    retry boolean not null default false,
    primary key (consumer, event)
  )`,
  "create index dead_letters_by_time on dead_letters (dead_at, consumer, event) where dead_at is not null",
];

const leases = [
  `create table leases (
    name text collate "C" primary key,
    holder text not null,
    expires_at timestamptz not null
  ) with (fillfactor = 50)`,
];

export const durableEvents: Migration = {
  id: 2,
  name: "durable events",
  codeMin: 1,
  statements: [...deadLetters, ...leases],
};
