// The worker: what happens beside the way of a message. Its consumers read the durable events, straight from the
// outbox or from the stream of a cluster; in a cluster it also brings the outbox into that stream.

import type { Clock } from "#ports/clock.ts";
import type { DeadLetters } from "#ports/dead-letters.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { EventPublisher, EventStream } from "#ports/event-stream.ts";
import type { Inbox } from "#ports/inbox.ts";
import type { Leases } from "#ports/leases.ts";
import type { Outbox } from "#ports/outbox.ts";
import { type ConsumerStats, startConsumer } from "./consume.ts";
import { membershipConsumer, membershipProjection } from "./project-memberships.ts";
import { type RelayStats, startRelay } from "./relay-outbox.ts";
import { type WorkerLimits, workerLimits } from "./worker-limits.ts";

/** All durable consumers that there are: a stream keeps each event until every one of them has confirmed it. */
export const durableConsumers: readonly string[] = [membershipConsumer];

export interface WorkerNeeds {
  readonly stream: EventStream;
  readonly deadLetters: DeadLetters;
  readonly inbox: Pick<Inbox, "apply">;
  readonly bus: Pick<EventBus, "publishUser">;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
  /** Where the stream is not the outbox itself. */
  readonly relay?: {
    readonly outbox: Outbox;
    readonly publisher: EventPublisher;
    readonly leases: Leases;
    readonly instance: string;
  };
  readonly workerLimits?: Partial<WorkerLimits>;
}

export interface WorkerStats {
  readonly consumers: readonly ConsumerStats[];
  /** Null where nothing is relayed. */
  readonly relay: RelayStats | null;
}

export interface Worker {
  /** Finishes the batches under way. */
  stop(): Promise<void>;
  stats(): WorkerStats;
}

export function startWorker(needs: WorkerNeeds): Worker {
  const limits = { ...workerLimits, ...needs.workerLimits };
  const relay = needs.relay && startRelay({ ...needs, ...needs.relay, limits });
  const consumers = [membershipProjection(needs)].map((it) => startConsumer(it, { ...needs, limits }));
  return {
    async stop() {
      await Promise.all([...consumers, ...(relay ? [relay] : [])].map((it) => it.stop()));
    },
    stats: () => ({ consumers: consumers.map((it) => it.stats()), relay: relay?.stats() ?? null }),
  };
}
