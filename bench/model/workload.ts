// What a server has to do, in numbers that somebody who plans one knows, and the features that its costs are made of.

import { groupEnough, waitFor } from "#services/messaging/commit-queue.ts";

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

/** Its default (app/config/options.ts). */
const groupWaitMs = 10;

/** Rates per second. */
export function featuresOf(workload: Workload, commitMs: number): Features {
  const sends = sendsOf(workload);
  const deliveries = deliveriesOf(workload);
  const kiB = workload.messageBytes / 1024;
  return {
    base: 1,
    session: workload.sessions,
    send: sends,
    group: groupsOf(sends, commitMs),
    delivery: deliveries,
    sentKiB: sends * kiB,
    deliveredKiB: deliveries * kiB,
    open: workload.opensPerSecond,
    reconnect: workload.reconnectsPerSecond,
    stored: (workload.storedBefore ?? 0) / 1000,
  };
}

/**
 * As the one messaging process of a fitted server makes them: sends that meet a commit under way, of `commitMs`, share
 * the next one, and the more of them come, the longer they wait for each other.
 */
function groupsOf(sends: number, commitMs: number): number {
  const waitMs = waitFor((sends * groupWaitMs) / 1000, groupWaitMs);
  const size = Math.min(groupEnough, 1 + (sends * Math.max(waitMs, commitMs)) / 1000);
  return sends / size;
}

export function sendsOf({ streams }: Workload): number {
  return streams.reduce((sum, stream) => sum + stream.sendsPerSecond, 0);
}

/** To others than the sender. */
export function deliveriesOf({ streams }: Workload): number {
  return streams.reduce((sum, stream) => sum + stream.sendsPerSecond * (stream.online - 1), 0);
}
