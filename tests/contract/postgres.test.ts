// The PostgreSQL adapters pass the store's contract suites, on the embedded PostgreSQL that a user gets.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "#adapters/postgres/embedded/start.ts";
import { postgresContract } from "./postgres-stores.ts";

postgresContract("PostgreSQL", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "banyan-contract-"));
  const { socketDir, username, stop } = await startEmbedded({ dataDir });
  return {
    at: (database) => ({ socketDir, username, database }),
    stop: async () => {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
});
