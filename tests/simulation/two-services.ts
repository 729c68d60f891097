// Two simulated processes that write the same conversations: one with gateway, API, worker and a messaging service,
// one with a messaging service alone, joined by a bus that loses things. Commands mostly go to the owner of their
// bucket, sometimes to the other one; owners change, and the second process crashes and comes back by itself.

import { type MemoryPorts, openMemory } from "#adapters/memory/open-memory.ts";
import { createMemoryPresence } from "#adapters/memory/presence.ts";
import { openOutboxStream } from "#adapters/outbox/event-stream.ts";
import { serviceLimits, sessionLife } from "#app/limits.ts";
import { bucketOf, type ConversationId, uuidV7 } from "#base/ids.ts";
import { ownerOf } from "#base/rendezvous.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Messaging } from "#ports/messaging.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { type ApiServer, createApi } from "#services/api/create-api.ts";
import type { AuditStats } from "#services/gateway/audit.ts";
import { changeEncoder } from "#services/gateway/encode-changes.ts";
import { createGateway, type Gateway } from "#services/gateway/gateway.ts";
import { createMessaging, type MessagingService } from "#services/messaging/messaging.ts";
import { durableConsumers, startWorker } from "#services/worker/worker.ts";
import { Ether } from "./ether.ts";
import { SimulatedSockets } from "./network.ts";
import { apiConfig, passing, type ServerParts, tinyLimits } from "./server.ts";
import type { ProcessClock } from "./time.ts";

const limits = {
  ...serviceLimits(tinyLimits),
  conversationsMax: 10,
  topicSessionsMin: 3,
  recentMessagesMax: 24,
  settleMs: 300,
  checkEveryMs: 5_000,
  livelyCheckMs: 3_000,
  wholeCheckMs: 9_000,
};

/** One process: a clock and a way to the store that end with it. */
interface Process {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly ports: MemoryPorts;
  readonly bus: EventBus;
  readonly messaging: MessagingService;
  /** Rejects what is under way when the process ends. */
  readonly ended: PromiseWithResolvers<never>;
}

export class TwoServices {
  readonly api: ApiServer;
  readonly #parts: ServerParts;
  readonly #ether: Ether;
  readonly #first: Process;
  readonly #gateway: Gateway;
  #second: Process | null = null;
  #isOver = false;
  #count = 0;

  constructor(parts: ServerParts) {
    const { dice, network, troubles, onFailure } = parts;
    this.#parts = parts;
    this.#ether = new Ether(dice, troubles);
    this.#first = this.#process();
    this.#second = this.#process();
    const { ports, clock, bus, messaging } = this.#first;
    const sockets = new SimulatedSockets();
    const router = this.#router();
    this.#gateway = createGateway({
      sockets,
      accounts: ports.accounts,
      inbox: messaging.inbox,
      messaging: router,
      bus,
      presence: createMemoryPresence(clock, { lastSeenMax: 100 }),
      clock,
      limits,
      sessionLife: sessionLife(apiConfig),
      onFailure,
      auditEvents: parts.auditEvents,
    });
    startWorker({
      stream: openOutboxStream(ports.outbox, clock, { consumers: durableConsumers }),
      deadLetters: ports.deadLetters,
      inbox: ports.inbox,
      bus,
      clock,
      onFailure,
    });
    this.api = createApi({
      accounts: ports.accounts,
      conversations: ports.conversationStore,
      inbox: messaging.inbox,
      messaging: router,
      events: bus,
      passwords: { hash: async () => "", verify: async () => false },
      limits: { take: async () => 0, giveBack: async () => {} },
      clock,
      chance: dice,
      config: apiConfig,
      noteFailure: onFailure,
    });
    this.#share();
    this.#scheduleUnrest();
    network.listener = { handler: this.#gateway, sockets };
  }

  crash(): void {
    this.#isOver = true;
    for (const process of [this.#first, this.#second]) if (process) this.#end(process);
    this.#parts.network.serverDied();
  }

  shed(count: number, withinMs: number): number {
    return this.#gateway.shed(count, withinMs);
  }

  leave(withinMs: number): Promise<void> {
    return this.#gateway.leave(withinMs);
  }

  audit(): AuditStats {
    return this.#gateway.stats().audit;
  }

  get waitingCommits(): number {
    return this.#first.messaging.waitingCommits();
  }

  #process(): Process {
    const { time, dice, store, troubles, plant, onFailure } = this.#parts;
    const clock = time.process();
    const ports = openMemory(store, {
      delay: () => passing(clock, dice.whole(0, 3)),
      fault: () => (dice.happens(troubles.storeFault) ? dice.one(["before", "after"] as const) : "none"),
    });
    const bus = this.#ether.join(clock, onFailure);
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(() => {});
    const messaging = createMessaging({
      log: plant?.(ports.messageLog, store, clock) ?? ports.messageLog,
      store: ports.conversationStore,
      inbox: ports.inbox,
      people: ports.accounts,
      bus,
      encoder: changeEncoder,
      clock,
      newConversationId: () => uuidV7(clock.now(), dice.bytes(10)) as ConversationId,
      homeRegion: "home",
      limits,
    });
    return { name: `m${++this.#count}`, clock, ports, bus, messaging, ended };
  }

  #end({ clock, ports, ended }: Process): void {
    clock.kill();
    ports.crash(() => this.#parts.dice.happens(0.5));
    ended.reject(new StoreUnavailable("the messaging process ended"));
  }

  /** Each learns of the set of processes in its own time. */
  #share(): void {
    const live = this.#live();
    const names = live.map((process) => process.name);
    for (const { name, clock, messaging } of live) {
      const buckets = new Set(allBuckets.filter((bucket) => ownerOf(bucket, names) === name));
      clock.after(this.#parts.dice.whole(0, 800), () => messaging.ownsBuckets(buckets));
    }
  }

  #live(): Process[] {
    return this.#second ? [this.#first, this.#second] : [this.#first];
  }

  #scheduleUnrest(): void {
    const { dice, troubles } = this.#parts;
    this.#first.clock.after(dice.whole(1_000, 9_000), () => {
      if (this.#isOver) return;
      if (troubles.busLoss > 0 || troubles.busFault > 0) this.#exchangeSecond();
      this.#scheduleUnrest();
    });
  }

  #exchangeSecond(): void {
    if (this.#second) this.#end(this.#second);
    this.#second = this.#second ? null : this.#process();
    this.#share();
  }

  #pick(conversation: ConversationId | null): Process {
    const { dice } = this.#parts;
    const live = this.#live();
    if (conversation === null || dice.happens(0.15)) return dice.one(live);
    const names = live.map((process) => process.name);
    return live[names.indexOf(ownerOf(bucketOf(conversation), names))]!;
  }

  /** The command bus: a call to one of the processes, which may end before it has answered. */
  #router(): Messaging {
    const to = (conversation: ConversationId | null, act: (messaging: Messaging) => Promise<any>) => {
      const process = this.#pick(conversation);
      return Promise.race([act(process.messaging), process.ended.promise]);
    };
    return {
      send: (command) => to(command.conversation, (it) => it.send(command)),
      edit: (user, id, ...rest) => to(id, (it) => it.edit(user, id, ...rest)),
      remove: (user, id, ...rest) => to(id, (it) => it.remove(user, id, ...rest)),
      react: (user, id, ...rest) => to(id, (it) => it.react(user, id, ...rest)),
      since: (user, id, ...rest) => to(id, (it) => it.since(user, id, ...rest)),
      page: (user, id, ...rest) => to(id, (it) => it.page(user, id, ...rest)),
      read: (user, id, ...rest) => to(id, (it) => it.read(user, id, ...rest)),
      typing: (user, id) => to(id, (it) => it.typing(user, id)),
      create: (...all) => to(null, (it) => it.create(...all)),
      conversation: (user, id) => to(id, (it) => it.conversation(user, id)),
      opened: (user, id) => to(id, (it) => it.opened(user, id)),
      rename: (user, id, ...rest) => to(id, (it) => it.rename(user, id, ...rest)),
      addMembers: (user, id, ...rest) => to(id, (it) => it.addMembers(user, id, ...rest)),
      removeMember: (user, id, ...rest) => to(id, (it) => it.removeMember(user, id, ...rest)),
      setRole: (user, id, ...rest) => to(id, (it) => it.setRole(user, id, ...rest)),
      join: (user, id) => to(id, (it) => it.join(user, id)),
      leave: (user, id) => to(id, (it) => it.leave(user, id)),
      members: (user, id, ...rest) => to(id, (it) => it.members(user, id, ...rest)),
      membersByNumber: (user, id, ...rest) => to(id, (it) => it.membersByNumber(user, id, ...rest)),
      cursors: (user, id, ...rest) => to(id, (it) => it.cursors(user, id, ...rest)),
      waitingCursors: (users) => to(null, (it) => it.waitingCursors(users)),
      newest: (ids) => to(null, (it) => it.newest(ids)),
      heads: (ids, isFresh) => to(null, (it) => it.heads(ids, isFresh)),
    };
  }
}

const allBuckets = Array.from({ length: 1024 }, (_, bucket) => bucket);
