// Marks by which a replica shows that it follows the history that the primary writes now; see replica-reads.ts.
// Plain PostgreSQL's own matter: an engine that replicates by itself does not use it.

import type { Migration } from "./migration.ts";

export const timelines: Migration = {
  id: 3,
  name: "timelines",
  codeMin: 1,
  statements: [
    `create table timelines (
      system bigint not null,
      timeline int not null,
      primary key (system, timeline)
    )`,
  ],
};
