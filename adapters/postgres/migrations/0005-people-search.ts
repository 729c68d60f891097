// Finding people without looking at everybody: by the three-letter parts of their names, and in the order of handles.

import type { Migration } from "./migration.ts";

export const peopleSearch: Migration = {
  id: 5,
  name: "people search",
  codeMin: 1,
  statements: [
    // Comes with PostgreSQL and is trusted: whoever owns the database may add it.
    "create extension if not exists pg_trgm",
    "create index users_search on users using gin (search gin_trgm_ops)",
    'create index users_in_order on users ((lower(handle) collate "C"))',
  ],
};
