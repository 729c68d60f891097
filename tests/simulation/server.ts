// A simulated server process: the real gateway, messaging service, worker and API over a memory store that outlives
// it. It may crash at any moment, with statements under way that are committed or not.

import { createMemoryBus } from "#adapters/memory/event-bus.ts";
import { type MemoryPorts, openMemory } from "#adapters/memory/open-memory.ts";
import { createMemoryPresence } from "#adapters/memory/presence.ts";
import type { MemoryStore } from "#adapters/memory/store.ts";
import { openOutboxStream } from "#adapters/outbox/event-stream.ts";
import { type Composed, compose } from "#app/compose.ts";
import { serviceLimits, sessionLife } from "#app/limits.ts";
import type { BusListener, EncodedChanges, EventBus } from "#ports/event-bus.ts";
import { type ApiServer, createApi } from "#services/api/create-api.ts";
import type { AuditEvents, AuditStats } from "#services/gateway/audit.ts";
import type { GatewayLimits } from "#services/gateway/gateway.ts";
import type { MessagingService } from "#services/messaging/messaging.ts";
import { durableConsumers } from "#services/worker/worker.ts";
import type { Dice } from "./dice.ts";
import { type Network, SimulatedSockets } from "./network.ts";
import type { PlantInLog } from "./plants.ts";
import type { ProcessClock, SimulatedTime } from "./time.ts";

export interface ServerTroubles {
  /** Of a call to the store, to fail before or after its commit. */
  storeFault: number;
  /** Of an event on the bus, to come late or twice. */
  busFault: number;
  /** Of an event on its way to another process, to be lost. */
  busLoss: number;
}

export interface ServerParts {
  readonly time: SimulatedTime;
  readonly dice: Dice;
  readonly store: MemoryStore;
  readonly network: Network;
  readonly troubles: ServerTroubles;
  readonly plant?: PlantInLog;
  readonly onFailure: (error: unknown) => void;
  readonly auditEvents: AuditEvents;
  readonly limits?: Partial<GatewayLimits>;
}

export class SimulatedServer {
  readonly #parts: ServerParts;
  readonly #clock: ProcessClock;
  readonly #ports: MemoryPorts;
  readonly #composed: Composed;
  readonly api: ApiServer;

  constructor(parts: ServerParts) {
    const { time, dice, store, network, troubles, onFailure } = parts;
    this.#parts = parts;
    this.#clock = time.process();
    this.#ports = openMemory(store, {
      delay: () => passing(this.#clock, dice.whole(0, 3)),
      fault: () => (dice.happens(troubles.storeFault) ? dice.one(["before", "after"] as const) : "none"),
    });
    const stores = {
      ...this.#ports,
      messageLog: parts.plant?.(this.#ports.messageLog, store, this.#clock) ?? this.#ports.messageLog,
    };
    const sockets = new SimulatedSockets();
    const bus = troubledBus(createMemoryBus(onFailure), this.#clock, dice, troubles);
    this.#composed = compose({
      stores,
      bus,
      presence: createMemoryPresence(this.#clock, { lastSeenMax: 100 }),
      sockets,
      clock: this.#clock,
      chance: dice,
      durable: {
        stream: openOutboxStream(stores.outbox, this.#clock, { consumers: durableConsumers }),
        deadLetters: this.#ports.deadLetters,
      },
      homeRegion: "home",
      sessionLife: sessionLife(apiConfig),
      onFailure,
      auditEvents: parts.auditEvents,
      limits: { ...serviceLimits(tinyLimits), topicSessionsMin: 3, ...parts.limits },
    });
    this.api = createApi({
      accounts: stores.accounts,
      conversations: stores.conversationStore,
      inbox: stores.inbox,
      messaging: this.#composed.messaging,
      events: bus,
      passwords: { hash: async () => "", verify: async () => false },
      limits: { take: async () => 0, giveBack: async () => {} },
      clock: this.#clock,
      chance: dice,
      config: apiConfig,
      noteFailure: onFailure,
    });
    network.listener = { handler: this.#composed.gateway, sockets };
  }

  /** At once and without a word: nothing that it waited for happens any more. */
  crash(): void {
    this.#clock.kill();
    this.#ports.crash(() => this.#parts.dice.happens(0.5));
    this.#parts.network.serverDied();
  }

  /** As when another gateway has joined. */
  shed(count: number, withinMs: number): number {
    return this.#composed.gateway.shed(count, withinMs);
  }

  /** As when this process ends while others go on; here they all come back to it. */
  leave(withinMs: number): Promise<void> {
    return this.#composed.gateway.leave(withinMs);
  }

  async stop(): Promise<void> {
    await this.#composed.gateway.drain(500);
    await this.#composed.messaging.drain();
    this.#parts.network.listener = null;
    await this.#composed.worker.stop();
    this.#composed.gateway.stop();
  }

  get messaging(): MessagingService {
    return this.#composed.messaging;
  }

  audit(): AuditStats {
    return this.#composed.gateway.stats().audit;
  }

  get waitingCommits(): number {
    return this.#composed.messaging.waitingCommits();
  }
}

/** Tiny, so that a short run meets them. */
export const tinyLimits = {
  groupSendsMax: 4,
  auditPerMille: 1_000,
  hellosMax: 1_000,
  heartbeatSeconds: 30,
  laneQueueMax: 12,
  groupWaitMs: 2,
  gatherMsMax: 20,
  commandsPerSecond: 40,
  commandsBurst: 30,
  hotConversationsMax: 2,
  accountCommandsPerSecond: 0,
  accountCommandsBurst: 0,
  botCommandsPerSecond: 1_000_000,
  botCommandsBurst: 1_000_000,
  conversationSendsPerSecond: 0,
  conversationSendsBurst: 0,
};

export const apiConfig = {
  serverName: "Simulated",
  version: "0",
  signUp: "open" as const,
  publicUrl: null,
  sessionDays: 90,
  requestsPerMinute: 1_000_000,
  logInsPerMinute: 1,
  signUpsPerHour: 1,
  hashConcurrency: 1,
};

export function passing(clock: ProcessClock, ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((passed) => void clock.after(ms, passed));
}

/** Law 1: what the bus brings may be late, doubled or out of order. */
function troubledBus(bus: EventBus, clock: ProcessClock, dice: Dice, troubles: ServerTroubles): EventBus {
  return {
    ...bus,
    publishChanges(event: EncodedChanges) {
      if (!dice.happens(troubles.busFault)) return bus.publishChanges(event);
      clock.after(dice.whole(1, 400), () => bus.publishChanges(event));
      if (dice.happens(0.5)) bus.publishChanges(event);
    },
    listen: (listener: BusListener) => bus.listen(listener),
  };
}
