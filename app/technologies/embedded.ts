// The embedded topology: a PostgreSQL of its own (or one that is named), and the bus, presence and limits inside the
// process.

import { systemClock } from "#adapters/bun/clock.ts";
import { createMemoryBus } from "#adapters/memory/event-bus.ts";
import { createMemoryPresence } from "#adapters/memory/presence.ts";
import { openMemoryRateLimits } from "#adapters/memory/rate-limits.ts";
import { createMemoryRollCall } from "#adapters/memory/roll-call.ts";
import { openOutboxStream } from "#adapters/outbox/event-stream.ts";
import { type EmbeddedEvent, startEmbedded } from "#adapters/postgres/embedded/start.ts";
import { carriedPostgres } from "#app/carried.ts";
import { watchDisk } from "#app/disk-watch.ts";
import { openTables } from "#app/technologies/tables.ts";
import type { Technologies, TechnologyNeeds } from "#app/technologies.ts";
import type { Log } from "#app/telemetry/log.ts";
import { durableConsumers } from "#services/worker/worker.ts";

export async function openEmbedded(needs: TechnologyNeeds): Promise<Technologies> {
  const { config, parts, telemetry, onFailure } = needs;
  const source = config.postgresUrl ? { url: config.postgresUrl } : await ownPostgres(needs);
  const { stores, deadLetters } = await openTables(needs, { ...source, laneCount: config.lanes || 1 });
  const disk = await parts.open(
    "disk watch",
    () => watchDisk(config.dataDir, config.diskFreeMiBMin, telemetry.observe.diskChanged),
    (it) => it.close(),
  );
  return {
    stores,
    bus: createMemoryBus(onFailure),
    presence: createMemoryPresence(systemClock),
    presenceUpkeep: null,
    rateLimits: openMemoryRateLimits(),
    sharedCounts: null,
    durable: {
      stream: openOutboxStream(stores.outbox, systemClock, { consumers: durableConsumers }),
      deadLetters,
    },
    rollCall: createMemoryRollCall(() => systemClock.now()),
    notReadyBecause: () => (disk.isFull() ? "the disk is full" : null),
    mayWrite: () => !disk.isFull(),
    reachMessaging: (local) => ({
      messaging: local!,
      inbox: local!.inbox,
      async serve() {},
      async leave() {},
    }),
  };
}

async function ownPostgres({ config, parts, telemetry }: TechnologyNeeds) {
  const postgres = await parts.open(
    "PostgreSQL",
    async () =>
      startEmbedded({
        dataDir: config.dataDir,
        onEvent: (event) => tellOfPostgres(telemetry.log, event),
        binariesFolder: await carriedPostgres(config.dataDir),
      }),
    (opened) => opened.stop(),
  );
  return { socketDir: postgres.socketDir, username: postgres.username, database: postgres.database };
}

function tellOfPostgres(log: Log, event: EmbeddedEvent): void {
  switch (event.kind) {
    case "creating":
      return log.info("PostgreSQL: a new database is made");
    case "starting":
      return log.debug("PostgreSQL is starting");
    case "ready":
      return log.info("PostgreSQL is up", { pid: event.pid, ms: event.tookMs });
    case "died":
      return log.error("PostgreSQL ended by itself and is started again", undefined, {
        code: event.exitCode,
      });
    case "restart_failed":
      return log.error("PostgreSQL did not start again; another try follows", event.error);
  }
}
