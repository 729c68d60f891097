// The PostgreSQL adapters pass the store's contract suites on the PostgreSQL of a cluster: Debian's, over TCP.

import { startPostgres } from "#tests/parts/postgres.ts";
import { postgresContract } from "./postgres-stores.ts";

postgresContract("PostgreSQL 15 over TCP", async () => {
  const part = await startPostgres();
  return { at: (database) => ({ url: part.url(database) }), stop: () => part.stop() };
});
