// The worker's numbers, in one place.

export interface WorkerLimits {
  /** How often a consumer looks when nothing hints at something new. */
  readonly lookEveryMs: number;
  /** How often a consumer looks for dead letters whose retry was asked for, and counts what waits. */
  readonly surveyEveryMs: number;
  /** Failed tries of one event that make it a dead letter. */
  readonly triesMax: number;
  /** The pause after the first failed try, of an event or of the world; each further one doubles it. */
  readonly retryAfterMs: number;
  readonly retryAfterMsMax: number;
  /** The longest pause while the world (a store, the stream) is away. */
  readonly worldRetryMsMax: number;
  /** How often the relay looks into the outbox, and how often once it has found nothing for a while. */
  readonly relayEveryMs: number;
  readonly relayIdleEveryMs: number;
  /** How often the relay asks how far the consumers have come. */
  readonly confirmEveryMs: number;
  /** Events in the stream that some consumer has not confirmed: beyond, they wait in the outbox. */
  readonly aheadMax: number;
  /** Who relays and is silent for this long is relieved by another worker. */
  readonly leaseMs: number;
}

export const workerLimits: WorkerLimits = {
  lookEveryMs: 1_000,
  surveyEveryMs: 5_000,
  triesMax: 8,
  retryAfterMs: 500,
  retryAfterMsMax: 60_000,
  worldRetryMsMax: 5_000,
  relayEveryMs: 100,
  relayIdleEveryMs: 250,
  confirmEveryMs: 1_000,
  aheadMax: 20_000,
  leaseMs: 3_000,
};
