// What a journey is: one job done against one server, that ends by itself and gives named figures.

import type { RunningTarget, StartOptions, Target } from "./targets/target.ts";
import { type ClusterShape, usualCluster } from "./targets/target.ts";

export interface Sizes {
  readonly isQuick: boolean;
  readonly pairs: number;
  readonly rooms: number;
  readonly roomMembers: number;
  readonly largeRoomMembers: number;
  readonly crowd: number;
  readonly longHistoryMessages: number;
  readonly warmSeconds: number;
  readonly seconds: number;
  readonly idleSeconds: number;
  /** How long memory must not have fallen before it counts as at rest. */
  readonly calmSeconds: number;
  /** Sessions that come back at once to the gateways of a cluster. */
  readonly storm: number;
  readonly overloadSeconds: number;
  readonly hotMembers: number;
  readonly hotOnline: number;
  readonly lookers: number;
  readonly cluster: ClusterShape;
}

export const fullSizes: Sizes = {
  isQuick: false,
  pairs: 500,
  rooms: 10,
  roomMembers: 100,
  largeRoomMembers: 1000,
  crowd: 10_000,
  longHistoryMessages: 1_000_000,
  warmSeconds: 2,
  seconds: 6,
  idleSeconds: 30,
  calmSeconds: 12,
  storm: 5_000,
  overloadSeconds: 20,
  hotMembers: 100_000,
  hotOnline: 20_000,
  lookers: 1_000,
  cluster: usualCluster,
};

export const quickSizes: Sizes = {
  ...fullSizes,
  isQuick: true,
  crowd: 1_000,
  longHistoryMessages: 50_000,
  warmSeconds: 0.5,
  seconds: 1.5,
  idleSeconds: 5,
  calmSeconds: 3,
  storm: 500,
  overloadSeconds: 4,
  hotMembers: 5_000,
  hotOnline: 1_000,
  lookers: 200,
};

/** What a figure's value is; its words and its bar stand in figures.ts and budgets.json. */
export type Figures = Record<string, number>;

export interface Scene {
  readonly target: Target;
  readonly sizes: Sizes;
  readonly seed: number;
  /** Where the servers of this run keep their data. */
  readonly folder: string;
  /** A server for the journey; when the journey ends, it is stopped. */
  start(options?: Partial<StartOptions>): Promise<RunningTarget>;
  /** A line for the person who waits. */
  say(line: string): void;
  /** Something that makes a figure doubtful; printed under the table and kept in the history. */
  warn(line: string): void;
}

export interface Journey {
  readonly name: string;
  readonly title: string;
  /** Where it can be done. */
  readonly targets: readonly Target["name"][];
  /** Done only when it is named: it takes long, or it is about a cluster. */
  readonly isExtra?: boolean;
  /** Starts no server and needs no data. */
  readonly isDry?: boolean;
  run(scene: Scene): Promise<Figures>;
}
