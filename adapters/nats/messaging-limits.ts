// What a router of the command bus bears, and how long it waits.

export interface RouterLimits {
  /** Commands in flight to one instance. */
  readonly inFlightMax: number;
  /** Where more than `inFlightSlowMax` are, so many may that none waits longer; near to it, some are refused. */
  readonly answerMsMax: number;
  readonly inFlightSlowMax: number;
  /** A command without an answer by then has an unknown outcome. */
  readonly deadlineMs: number;
  /** How long a command waits for an instance where there is none. */
  readonly ownerWaitMs: number;
  /** What every instance is asked is answered without those that are silent for longer. */
  readonly eachWaitMs: number;
  /** So long without any instance, and another NATS node is asked. */
  readonly aloneMsMax: number;
  readonly overloadedRetryMs: number;
  readonly unavailableRetryMs: number;
}

export const routerLimits: RouterLimits = {
  inFlightMax: 10_000,
  answerMsMax: 600,
  inFlightSlowMax: 1_000,
  deadlineMs: 10_000,
  ownerWaitMs: 300,
  eachWaitMs: 150,
  aloneMsMax: 2_500,
  overloadedRetryMs: 500,
  unavailableRetryMs: 500,
};
