// All migrations in their order. A new one is a new file and a new last entry.

import { foundation } from "./0001-foundation.ts";
import { durableEvents } from "./0002-durable-events.ts";
import { timelines } from "./0003-timelines.ts";
import { bots } from "./0004-bots.ts";
import { peopleSearch } from "./0005-people-search.ts";
import type { Migration } from "./migration.ts";

export const allMigrations: readonly Migration[] = [foundation, durableEvents, timelines, bots, peopleSearch];
