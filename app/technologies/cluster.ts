// The cluster topology: PostgreSQL behind a balancer, events and commands over NATS, presence and shared limits in
// Redis. Each of them may go away for a while; what this process then cannot do it refuses with a hint when to retry.

import { systemClock } from "#adapters/bun/clock.ts";
import { openMemoryRateLimits } from "#adapters/memory/rate-limits.ts";
import { type NatsEvent, openNats } from "#adapters/nats/connection.ts";
import { openNatsBus } from "#adapters/nats/event-bus.ts";
import { openDurableEvents } from "#adapters/nats/jetstream.ts";
import { openMessagingRouter } from "#adapters/nats/messaging.ts";
import { serveMessaging } from "#adapters/nats/messaging-server.ts";
import { openNatsRollCall } from "#adapters/nats/roll-call.ts";
import { openRedis, type RedisEvent } from "#adapters/redis/connection.ts";
import { openRedisPresence } from "#adapters/redis/presence.ts";
import { openRedisRateLimits } from "#adapters/redis/rate-limits.ts";
import { openRedisSharedCounts } from "#adapters/redis/shared-counts.ts";
import { openTables } from "#app/technologies/tables.ts";
import { toldInbox } from "#app/technologies/told-inbox.ts";
import type { ReachedMessaging, Technologies, TechnologyNeeds } from "#app/technologies.ts";
import type { Log } from "#app/telemetry/log.ts";
import type { RollCall } from "#ports/roll-call.ts";
import { type Subprotocol, subprotocols } from "#protocol/frames.ts";
import { recodeChanges } from "#services/gateway/encode-changes.ts";
import type { MessagingService } from "#services/messaging/messaging.ts";
import { durableConsumers } from "#services/worker/worker.ts";

export async function openCluster(needs: TechnologyNeeds): Promise<Technologies> {
  const { config, instance, parts, telemetry, onFailure } = needs;
  const { log } = telemetry;
  const { namespace } = config;
  const tables = await openTables(needs, {
    url: config.postgresUrl!,
    replicaUrls: config.postgresReplicaUrls,
    laneCount: config.lanes || 1,
  });
  const nats = await parts.open(
    "NATS",
    () =>
      openNats({
        urls: config.natsUrls,
        name: `banyan ${config.roles.join(",") || "all roles"} ${instance}`,
        namespace,
        onFailure,
        onEvent: (event) => tellOfNats(log, event),
      }),
    (it) => it.close(),
  );
  const redis = await parts.open(
    "Redis",
    () => openRedis({ url: config.redisUrl!, namespace, onEvent: (event) => tellOfRedis(log, event) }),
    (it) => it.close(),
  );
  const rollCall = await parts.open(
    "roll call",
    () => openNatsRollCall(nats, { codecs: neededCodecs }),
    (it) => it.close(),
  );
  const codecs = wantedCodecs(rollCall);
  const bus = await parts.open(
    "bus",
    () => openNatsBus(nats, { codecs, recode: recodeChanges, onFailure }),
    (it) => it.close(),
  );
  const presence = await parts.open(
    "presence",
    () => openRedisPresence(redis, { instance, clock: systemClock }),
    (it) => it.close(),
  );
  const { stream, publisher } = openDurableEvents(nats, durableConsumers, { replicas: config.natsReplicas });
  const { stores, deadLetters, leases } = tables;

  function reachMessaging(local: MessagingService | null): ReachedMessaging {
    const router = openMessagingRouter(nats, {
      rollCall,
      ...(local ? { local: { instance, messaging: local } } : {}),
    });
    telemetry.gauge(
      "router_in_flight",
      "Commands that wait for another process.",
      () => router.stats().inFlight,
    );
    let server: ReturnType<typeof serveMessaging> | null = null;
    let endOwning: (() => void) | null = null;
    return {
      messaging: router,
      inbox: toldInbox(stores.inbox, router),
      async serve() {
        if (!local) return;
        const own = () => local.ownsBuckets(router.bucketsOf(instance));
        own();
        endOwning = rollCall.onChange(own);
        server = serveMessaging(nats, local, { instance, onFailure });
        await server.ready;
      },
      async leave() {
        endOwning?.();
        await server?.leave();
        router.close();
      },
    };
  }

  telemetry.counted("replica_reads", "Reads that a replica answered.", () => tables.readCounts().replica);
  telemetry.counted(
    "primary_reads",
    "Reads that replicas could not answer.",
    () => tables.readCounts().primary,
  );
  telemetry.counted("bus_dropped", "Hints dropped while NATS was away.", () => bus.dropped());
  return {
    stores,
    bus,
    presence,
    presenceUpkeep: presence,
    rateLimits: openRedisRateLimits(redis, { perProcess: openMemoryRateLimits() }),
    sharedCounts: openRedisSharedCounts(redis),
    durable: { stream, deadLetters, relay: { outbox: stores.outbox, publisher, leases, instance } },
    rollCall,
    notReadyBecause: () => (nats.isUp() ? null : "NATS is away"),
    mayWrite: () => true,
    reachMessaging,
  };
}

/** Nearly every client speaks it; what the others need a gateway makes from it. */
const neededCodecs: readonly Subprotocol[] = ["banyan.v1.msgpack"];

/** What the gateways ask for; all codecs for a release that does not say. */
function wantedCodecs(rollCall: RollCall): () => readonly string[] {
  let wanted = neededCodecs as readonly string[];
  const look = () => {
    const gateways = rollCall.processes().filter((it) => it.roles.includes("gateway"));
    wanted = [...new Set([...neededCodecs, ...gateways.flatMap((it) => it.codecs ?? subprotocols)])];
  };
  rollCall.onChange(look);
  look();
  return () => wanted;
}

function tellOfNats(log: Log, { kind, server }: NatsEvent): void {
  if (kind === "lost") log.warn("NATS is away", { address: server });
  else log.info(kind === "back" ? "NATS is back" : "NATS is connected", { address: server });
}

function tellOfRedis(log: Log, { kind, detail }: RedisEvent): void {
  if (kind === "away")
    log.warn("Redis is away; presence and shared limits are this process's own", { reason: detail });
  else log.info("Redis is connected");
}
