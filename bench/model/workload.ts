// What a server has to do, in numbers that somebody who plans one knows, and the features that its costs are made of.

export interface Workload {
  readonly name: string;
  /** Logged in, on the mean. */
  readonly sessions: number;
  /** Each send goes to so many others who are there; several kinds of conversations side by side. */
  readonly streams: readonly Stream[];
  /** Text of a message, in bytes. */
  readonly messageBytes: number;
  /** Conversations opened over HTTP: its head and its newest page. */
  readonly opensPerSecond: number;
  /** Sessions that end and come back. */
  readonly reconnectsPerSecond: number;
  /** Messages since the server started: its caches and PostgreSQL's fill with them. */
  readonly storedBefore?: number;
}

export interface Stream {
  /** Members who are there, the sender among them: 2 for a pair. */
  readonly online: number;
  readonly groups: number;
  readonly sendsPerSecond: number;
}

export type Topology = "embedded" | "cluster";

export const featureNames = [
  "base",
  "session",
  "send",
  "group",
  "delivery",
  "sentKiB",
  "deliveredKiB",
  "open",
  "reconnect",
  "stored",
] as const;
export type FeatureName = (typeof featureNames)[number];
export type Features = Readonly<Record<FeatureName, number>>;

/**
 * Rates per second. `group`: sends that meet a commit under way share the next one, so that with commits of
 * `commitMs` there are not more than 1000 / commitMs groups in a second.
 */
export function featuresOf(workload: Workload, commitMs: number): Features {
  const sends = sendsOf(workload);
  const deliveries = deliveriesOf(workload);
  const kiB = workload.messageBytes / 1024;
  return {
    base: 1,
    session: workload.sessions,
    send: sends,
    group: sends / (1 + (sends * commitMs) / 1000),
    delivery: deliveries,
    sentKiB: sends * kiB,
    deliveredKiB: deliveries * kiB,
    open: workload.opensPerSecond,
    reconnect: workload.reconnectsPerSecond,
    stored: (workload.storedBefore ?? 0) / 1000,
  };
}

export function sendsOf({ streams }: Workload): number {
  return streams.reduce((sum, stream) => sum + stream.sendsPerSecond, 0);
}

/** To others than the sender. */
export function deliveriesOf({ streams }: Workload): number {
  return streams.reduce((sum, stream) => sum + stream.sendsPerSecond * (stream.online - 1), 0);
}
