// One process: the roles that it was given, over the technologies of its topology. Parts open in order and close in
// reverse; a stop first leads people elsewhere, then finishes what they gave.

import { join } from "node:path";
import { systemChance, systemClock } from "#adapters/bun/clock.ts";
import { openPasswords, owaspCost } from "#adapters/bun/password.ts";
import { createBunSockets } from "#adapters/bun/sockets.ts";
import { startAgentCheck, weightPercent } from "#app/agent-check.ts";
import { carriedWeb } from "#app/carried.ts";
import { composeGateway, composeMessaging, composeWorker } from "#app/compose.ts";
import type { Role } from "#app/config/cluster-options.ts";
import { roles as allRoles } from "#app/config/cluster-options.ts";
import type { Config } from "#app/config.ts";
import { watchEventLoopLag } from "#app/event-loop-lag.ts";
import { startHttpServer } from "#app/http-server.ts";
import { createLifecycle } from "#app/lifecycle.ts";
import { serviceLimits, sessionLife } from "#app/limits.ts";
import { operationsRoutes } from "#app/operations-routes.ts";
import { limitSocketAttempts } from "#app/socket-attempts.ts";
import { openTechnologies } from "#app/technologies.ts";
import { showServices } from "#app/telemetry/gauges.ts";
import type { Log } from "#app/telemetry/log.ts";
import { createTelemetry } from "#app/telemetry.ts";
import { openWebAssets } from "#app/web-assets.ts";
import { secondMs } from "#base/units.ts";
import type { ProcessState } from "#ports/roll-call.ts";
import { silentHeartbeats, limits as wire } from "#protocol/limits.ts";
import { startRebalance } from "#services/gateway/rebalance.ts";
import { startPresenceSweep } from "#services/presence/sweep-dead-gateways.ts";
import manifest from "../package.json" with { type: "json" };

export interface Assembled {
  readonly url: string;
  /** Sessions are led elsewhere or told when to come back, commits are finished, the parts are closed. */
  stop(hurry: AbortSignal): Promise<void>;
}

/** A balancer asks twice a second; until it has heard of a drain it would send people straight back. */
const balancerHearsMs = 1_200;

export async function assemble(config: Config, log: Log): Promise<Assembled> {
  const parts = createLifecycle(log);
  const telemetry = createTelemetry(log);
  const onFailure = (error: unknown) => telemetry.observe.storeFailed(error);
  const instance = Buffer.from(systemChance.bytes(8)).toString("hex");
  const isCluster = config.topology === "cluster";
  const has = (role: Role) => config.roles.length === 0 || config.roles.includes(role);
  // The API's packages take longest to load; a new database takes longer.
  const [technologies, apiModule] = await Promise.all([
    openTechnologies({ config, instance, parts, telemetry, onFailure }),
    has("api") ? import("#services/api/create-api.ts") : null,
  ]);
  const { stores, bus, presence, rollCall, sharedCounts } = technologies;

  const sockets = createBunSockets(() => gateway!, {
    frameBytesMax: wire.frameBytesMax,
    sendQueueBytesMax: config.sendQueueBytesMax,
    silenceMs: config.heartbeatSeconds * secondMs * silentHeartbeats,
  });
  const needs = {
    stores,
    bus,
    presence,
    ...(sharedCounts ? { sharedCounts } : {}),
    sockets,
    clock: systemClock,
    chance: systemChance,
    limits: serviceLimits(config, config.topology),
    durable: technologies.durable,
    homeRegion: "home",
    sessionLife: sessionLife(config),
    auditEvents: telemetry.observe.audit,
    onFailure,
    mayWrite: technologies.mayWrite,
  };
  const messaging = has("messaging") ? composeMessaging(needs) : null;
  const reached = technologies.reachMessaging(messaging);
  const gateway = has("gateway") ? composeGateway(needs, reached.messaging, reached.inbox) : null;
  const worker = has("worker") ? composeWorker(needs) : null;
  const sweep =
    has("presence") && technologies.presenceUpkeep
      ? startPresenceSweep({ upkeep: technologies.presenceUpkeep, clock: systemClock, onFailure })
      : null;
  const api = apiModule
    ? apiModule.createApi({
        accounts: stores.accounts,
        conversations: stores.conversationStore,
        inbox: reached.inbox,
        messaging: reached.messaging,
        events: bus,
        passwords: openPasswords({ ...owaspCost, memoryKiB: config.hashMemoryKiB }),
        limits: technologies.rateLimits,
        clock: systemClock,
        chance: systemChance,
        config: { ...config, version: manifest.version },
        noteFailure: onFailure,
      })
    : null;
  const web = api ? openWebAssets({ root: join(import.meta.dir, ".."), embedded: await carriedWeb() }) : null;
  showServices(telemetry, { gateway, messaging, api, worker });

  let state: ProcessState = "serving";
  const notReadyBecause = () => (state === "leaving" ? "stopping" : technologies.notReadyBecause());
  const server = await parts.open(
    "listener",
    () =>
      startHttpServer(config, {
        sockets,
        api: api && ((request, info) => api.fetch(request, info)),
        operations: operationsRoutes({
          notReadyBecause,
          metrics: config.metrics ? { text: telemetry.metrics, token: config.metricsToken } : null,
        }),
        web: web?.fetch ?? null,
        refuseSocket() {
          if (!gateway) return "This process holds no sessions.";
          return gateway.stats().connections < config.socketsMax ? null : "Too many sockets.";
        },
        socketAttempt: limitSocketAttempts(technologies.rateLimits, config.socketsPerMinute),
      }),
    (it) => it.stop(),
  );
  void web?.warm().catch((error) => log.error("the web client could not be built", error));

  await reached.serve();
  const sessions = () => gateway?.stats().sessions ?? 0;
  const roles = config.roles.length === 0 ? allRoles : config.roles;
  const { version } = manifest;
  rollCall.announce(() => ({ instance, roles, state, sessions: sessions(), url: server.url, version }));
  if (config.agentPort > 0) {
    const lag = watchEventLoopLag();
    await parts.open(
      "agent check",
      () =>
        startAgentCheck({
          host: config.host,
          port: config.agentPort,
          state: () => ({
            ready: notReadyBecause() === null,
            draining: state === "leaving",
            weightPercent: weightPercent({
              sockets: gateway?.stats().connections ?? 0,
              socketsMax: config.socketsMax,
              lagMs: lag.lagMs(),
            }),
          }),
        }),
      (it) => {
        it.stop();
        lag.stop();
      },
    );
  }
  const rebalance =
    gateway && isCluster && config.rebalance
      ? startRebalance({
          gateway,
          clock: systemClock,
          sessionsElsewhere: () =>
            rollCall
              .processes()
              .filter(
                (it) => it.instance !== instance && it.roles.includes("gateway") && it.state === "serving",
              )
              .map((it) => it.sessions),
        })
      : null;

  return {
    url: server.url,
    async stop(hurry) {
      state = "leaving";
      rollCall.tell();
      rebalance?.stop();
      if (config.reusePort) server.takeNoMore();
      if (config.agentPort > 0 && (gateway || api)) await pause(balancerHearsMs, hurry);
      if (isCluster) await gateway?.leave(config.drainMs, hurry);
      await gateway?.drain(isCluster ? 0 : config.drainMs, hurry);
      await server.idle(hurry);
      await reached.leave();
      await messaging?.drain();
      await worker?.stop();
      await sweep?.stop();
      gateway?.stop();
      rollCall.leave();
      await parts.close(hurry);
    },
  };
}

function pause(ms: number, hurry: AbortSignal): Promise<void> {
  if (hurry.aborted) return Promise.resolve();
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    hurry.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
}
