// The HTTP API on a real loopback port, on the memory adapters and the real messaging service: what the tests of
// the API speak to. Time stands still until a test moves it.

import { openPasswords } from "#adapters/bun/password.ts";
import type { AccessHooks } from "#adapters/memory/access.ts";
import { createMemoryBus } from "#adapters/memory/event-bus.ts";
import { openMemory } from "#adapters/memory/open-memory.ts";
import { openMemoryRateLimits } from "#adapters/memory/rate-limits.ts";
import { MemoryStore } from "#adapters/memory/store.ts";
import { type ConversationId, type MessageName, uuidV7 } from "#base/ids.ts";
import type { Chance } from "#ports/chance.ts";
import type { Clock } from "#ports/clock.ts";
import type { UserEvent } from "#ports/event-bus.ts";
import type { Passwords } from "#ports/passwords.ts";
import { limits } from "#protocol/limits.ts";
import type { ApiConfig } from "#services/api/config.ts";
import { createApi } from "#services/api/create-api.ts";
import { changeEncoder } from "#services/gateway/encode-changes.ts";
import { createMessaging, type MessagingService } from "#services/messaging/messaging.ts";

export interface ApiServerOptions {
  readonly config?: Partial<ApiConfig>;
  readonly hooks?: AccessHooks;
  readonly passwords?: Passwords;
  readonly secure?: boolean;
  /** The client's address, as a proxy in front would tell it. */
  readonly addressOf?: (request: Request) => string;
}

export interface ApiTestServer {
  readonly url: string;
  describe(): object;
  readonly messaging: MessagingService;
  /** What the bus told of users that somebody follows. */
  readonly userEvents: readonly UserEvent[];
  readonly follow: (user: string) => void;
  /** Bugs and failures that the API noted: empty unless a test makes some. */
  readonly failures: readonly unknown[];
  advance(ms: number): void;
  stop(): Promise<void>;
}

/** Cheap on purpose: what a hash costs is the affair of the adapter's own test. */
const cheapPasswords = openPasswords({ memoryKiB: 64, passes: 1 });

const ampleConfig: ApiConfig = {
  serverName: "Test",
  version: "0.0.0",
  signUp: "open",
  publicUrl: null,
  sessionDays: 90,
  requestsPerMinute: 1_000_000,
  logInsPerMinute: 1_000_000,
  signUpsPerHour: 1_000_000,
  hashConcurrency: 2,
};

export function startApi(options: ApiServerOptions = {}): ApiTestServer {
  const clock = new ManualClock();
  const failures: unknown[] = [];
  const userEvents: UserEvent[] = [];
  const bus = createMemoryBus((error) => failures.push(error));
  const user = (event: UserEvent) => userEvents.push(event);
  bus.listen({ changes() {}, head() {}, state() {}, user, interrupted() {} });
  const store = new MemoryStore({ laneCount: 4, emojiPerMessageMax: limits.emojiPerMessageMax });
  const memory = openMemory(store, options.hooks);
  const chance = seededChance(7);
  const messaging = createMessaging({
    log: memory.messageLog,
    store: memory.conversationStore,
    inbox: memory.inbox,
    people: memory.accounts,
    bus,
    encoder: changeEncoder,
    clock,
    newConversationId: () => uuidV7(clock.now(), chance.bytes(10)) as ConversationId,
    homeRegion: "home",
    limits: messagingLimits,
  });
  const api = createApi({
    accounts: memory.accounts,
    conversations: memory.conversationStore,
    inbox: memory.inbox,
    messaging,
    events: bus,
    passwords: options.passwords ?? cheapPasswords,
    limits: openMemoryRateLimits(),
    clock,
    chance,
    config: { ...ampleConfig, ...options.config },
    noteFailure: (error) => failures.push(error),
  });
  const addressOf = options.addressOf ?? (() => "192.0.2.1");
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) =>
      api.fetch(request, { remoteAddress: addressOf(request), secure: options.secure ?? false }),
  });
  return {
    url: server.url.origin,
    describe: api.describe,
    messaging,
    userEvents,
    follow: (user) => bus.followUser(user as UserEvent["user"]),
    failures,
    advance: (ms) => clock.advance(ms),
    stop: () => server.stop(true),
  };
}

const messagingLimits = {
  ...limits,
  groupMax: 64,
  groupWaitMs: 0,
  laneQueueMax: 1000,
  laneWaitMsMax: 1_000,
  statementsMax: 4,
  conversationsMax: 1000,
  membershipsMax: 1000,
  recentMessagesMax: 64,
  recentConversationsMax: 1000,
  recentBytesMax: 1_000_000,
  settleMs: 0,
  checkEveryMs: 0,
  loadBatchMax: 100,
  loadQueueMax: 10_000,
  addAtOnceMax: 200,
  cursorFlushMs: 500,
  cursorBatchMax: 100,
  cursorsWaitingMax: 1000,
  membersMax: 1000,
  overloadedRetryMs: 500,
  unavailableRetryMs: 500,
  conversationSendsPerSecond: 1_000,
  conversationSendsBurst: 1_000,
};

class ManualClock implements Clock {
  #now = 1_800_000_000_000;
  readonly #timers = new Set<{ at: number; then: () => void }>();

  now(): number {
    return this.#now;
  }

  after(delayMs: number, then: () => void): () => void {
    const timer = { at: this.#now + delayMs, then };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at > this.#now) continue;
      this.#timers.delete(timer);
      timer.then();
    }
  }
}

/** xorshift32: repeatable, and different at each draw. */
function seededChance(seed: number): Chance {
  let state = seed;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return {
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 255),
    fraction: () => next() / 2 ** 32,
  };
}

export function messageName(n: number): MessageName {
  return Buffer.from(n.toString().padStart(8, "0")).toString("base64url") as MessageName;
}
