// Which technology serves which port is chosen here, for the embedded topology: a PostgreSQL of its own, and the
// bus, presence and limits inside the process. Parts open in order and close in reverse.

import { join } from "node:path";
import { systemChance, systemClock } from "#adapters/bun/clock.ts";
import { openPasswords, owaspCost } from "#adapters/bun/password.ts";
import { createBunSockets } from "#adapters/bun/sockets.ts";
import { createMemoryBus } from "#adapters/memory/event-bus.ts";
import { createMemoryPresence } from "#adapters/memory/presence.ts";
import { openMemoryRateLimits } from "#adapters/memory/rate-limits.ts";
import { openOutboxStream } from "#adapters/outbox/event-stream.ts";
import { type EmbeddedEvent, startEmbedded } from "#adapters/postgres/embedded/start.ts";
import { openPostgres } from "#adapters/postgres/open.ts";
import { carriedPostgres, carriedWeb } from "#app/carried.ts";
import { compose } from "#app/compose.ts";
import type { Config } from "#app/config.ts";
import { watchDisk } from "#app/disk-watch.ts";
import { startHttpServer } from "#app/http-server.ts";
import { createLifecycle } from "#app/lifecycle.ts";
import { serviceLimits, sessionLife } from "#app/limits.ts";
import { operationsRoutes } from "#app/operations-routes.ts";
import type { Log } from "#app/telemetry/log.ts";
import { observedStores } from "#app/telemetry/observed-stores.ts";
import { createTelemetry } from "#app/telemetry.ts";
import { openWebAssets } from "#app/web-assets.ts";
import { limits as wire } from "#protocol/limits.ts";
import { createApi } from "#services/api/create-api.ts";
import { durableConsumers } from "#services/worker/worker.ts";
import manifest from "../package.json" with { type: "json" };

export interface Assembled {
  readonly url: string;
  /** Sessions are told when to come back, commits are finished, the database is stopped. */
  stop(hurry: AbortSignal): Promise<void>;
}

export async function assemble(config: Config, log: Log): Promise<Assembled> {
  const parts = createLifecycle(log);
  const telemetry = createTelemetry(log);
  const onFailure = (error: unknown) => telemetry.observe.storeFailed(error);
  const source = config.postgresUrl ? { url: config.postgresUrl } : await embeddedPostgres();
  const { observe } = telemetry;
  const opened = await parts.open(
    "tables",
    () =>
      openPostgres({
        ...source,
        emojiPerMessageMax: wire.emojiPerMessageMax,
        onStatement: observe.statementDone,
      }),
    (it) => it.close(),
  );
  const stores = observedStores(opened, observe);
  const disk = watchDisk(config.dataDir, config.diskFreeMiBMin, telemetry.observe.diskChanged);
  const bus = createMemoryBus(onFailure);
  const sockets = createBunSockets(() => composed.gateway, {
    frameBytesMax: wire.frameBytesMax,
    sendQueueBytesMax: config.sendQueueBytesMax,
    silenceMs: wire.silenceMs,
  });
  const composed = compose({
    stores,
    bus,
    presence: createMemoryPresence(systemClock),
    sockets,
    clock: systemClock,
    chance: systemChance,
    limits: serviceLimits(config),
    durable: {
      stream: openOutboxStream(stores.outbox, systemClock, { consumers: durableConsumers }),
      deadLetters: opened.deadLetters,
    },
    homeRegion: "home",
    sessionLife: sessionLife(config),
    onFailure,
    mayWrite: () => !disk.isFull(),
  });
  const api = createApi({
    accounts: stores.accounts,
    conversations: stores.conversationStore,
    inbox: composed.messaging.inbox,
    messaging: composed.messaging,
    events: bus,
    passwords: openPasswords({ ...owaspCost, memoryKiB: config.hashMemoryKiB }),
    limits: openMemoryRateLimits(),
    clock: systemClock,
    chance: systemChance,
    config: { ...config, version: manifest.version },
    noteFailure: onFailure,
  });
  const web = openWebAssets({ root: join(import.meta.dir, ".."), embedded: await carriedWeb() });
  let isStopping = false;
  const notReadyBecause = () => (isStopping ? "stopping" : disk.isFull() ? "the disk is full" : null);
  const server = await parts.open(
    "listener",
    () =>
      startHttpServer(config, {
        sockets,
        api: (request, info) => api.fetch(request, info),
        operations: operationsRoutes({
          notReadyBecause,
          metrics: config.metrics ? { text: telemetry.metrics, token: config.metricsToken } : null,
        }),
        web: web.fetch,
        refuseSocket: () =>
          composed.gateway.stats().connections < config.socketsMax ? null : "Too many sockets.",
      }),
    (it) => it.stop(),
  );
  telemetry.gauge("sessions", "Live sessions.", () => composed.gateway.stats().sessions);
  telemetry.gauge("deliveries", "Frames handed to readers.", () => composed.gateway.stats().deliveries);
  telemetry.gauge(
    "commits_waiting",
    "Commands that wait for their commit.",
    composed.messaging.waitingCommits,
  );
  telemetry.cache("facts", () => composed.messaging.facts.stats());
  void web.warm().catch((error) => log.error("the web client could not be built", error));

  async function embeddedPostgres() {
    const postgres = await parts.open(
      "PostgreSQL",
      async () =>
        startEmbedded({
          dataDir: config.dataDir,
          onEvent: (event) => tellOfPostgres(log, event),
          binariesFolder: await carriedPostgres(config.dataDir),
        }),
      (opened) => opened.stop(),
    );
    return { socketDir: postgres.socketDir, username: postgres.username, database: postgres.database };
  }

  return {
    url: server.url,
    async stop(hurry) {
      isStopping = true;
      await composed.gateway.drain(config.drainMs, hurry);
      await composed.messaging.drain();
      await composed.worker.stop();
      composed.gateway.stop();
      disk.close();
      await parts.close(hurry);
    },
  };
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
