// The store ports on PostgreSQL, wherever it runs, with what they do told to the telemetry.

import { openPostgres, type PostgresOptions } from "#adapters/postgres/open.ts";
import type { TechnologyNeeds } from "#app/technologies.ts";
import { observedStores } from "#app/telemetry/observed-stores.ts";
import { limits as wire } from "#protocol/limits.ts";

export async function openTables(
  { config, parts, telemetry }: TechnologyNeeds,
  options: Omit<PostgresOptions, "emojiPerMessageMax" | "onStatement">,
) {
  const { observe } = telemetry;
  const size = config.postgresConnections;
  const opened = await parts.open(
    "tables",
    () =>
      openPostgres({
        connections: { groups: size, changes: size, reads: size, replica: size },
        ...options,
        emojiPerMessageMax: wire.emojiPerMessageMax,
        onStatement: observe.statementDone,
      }),
    (it) => it.close(),
  );
  const { deadLetters, leases } = opened;
  return { stores: observedStores(opened, observe), deadLetters, leases, readCounts: opened.readCounts };
}
