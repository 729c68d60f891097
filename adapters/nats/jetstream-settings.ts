// The stream of durable events and its consumers, as JetStream is asked for them. What must not be lost is in
// PostgreSQL's outbox until every consumer has confirmed it, so the stream may be bounded and lose its oldest.

import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { hourMs, MiB, minuteMs } from "#base/units.ts";

export interface StreamSettings {
  /** 3 where there are three nodes, 1 where there is one. */
  readonly replicas: number;
  readonly bytesMax: number;
  readonly ageMsMax: number;
  /** A name that comes again within this is not stored a second time. */
  readonly duplicateWindowMs: number;
  /** What a consumer has neither confirmed nor given back comes again after this, to whoever reads then. */
  readonly ackWaitMs: number;
  /** Given and not yet confirmed, of one consumer, all workers together. */
  readonly ackPendingMax: number;
}

export const streamSettings: StreamSettings = {
  replicas: 3,
  bytesMax: 1024 * MiB,
  ageMsMax: 72 * hourMs,
  duplicateWindowMs: 2 * minuteMs,
  ackWaitMs: 30_000,
  ackPendingMax: 5_000,
};

export function streamConfig(name: string, subjects: string, settings: StreamSettings) {
  return {
    name,
    subjects: [subjects],
    description: "Banyan's durable events: a copy of the outbox's newest part",
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    num_replicas: settings.replicas,
    max_bytes: settings.bytesMax,
    max_age: nanos(settings.ageMsMax),
    duplicate_window: nanos(settings.duplicateWindowMs),
  } satisfies Partial<StreamConfig>;
}

export function consumerConfig(name: string, settings: StreamSettings) {
  return {
    durable_name: name,
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(settings.ackWaitMs),
    // For ever: what is poisoned is put aside by the worker, which counts failed tries and not deliveries.
    max_deliver: -1,
    max_ack_pending: settings.ackPendingMax,
    num_replicas: settings.replicas,
  } satisfies Partial<ConsumerConfig>;
}

function nanos(ms: number): number {
  return ms * 1_000_000;
}
