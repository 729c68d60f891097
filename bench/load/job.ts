// What a worker process is told, and what the two say to each other: one line of JSON each.

import type { Told } from "./notes.ts";
import type { PlaceKind, Profile } from "./profile.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly rejectUnauthorized: boolean };
}

export interface JobPerson {
  /** The person's number in the run. */
  readonly no: number;
  readonly handle: string;
  /** How busy: what all people weigh is 1. */
  readonly weight: number;
  readonly tokens: readonly string[];
  /** Null: made without one that anybody could log in with. */
  readonly password: string | null;
}

export interface Job {
  readonly worker: number;
  readonly seed: number;
  readonly runTag: number;
  readonly profile: Profile;
  /** Where devices connect, in turn, and where HTTP goes. */
  readonly doors: readonly Address[];
  readonly api: string;
  readonly people: readonly JobPerson[];
  /** [id, kind, members] of every conversation that one of them is in. */
  readonly rooms: readonly (readonly [id: string, kind: PlaceKind, members: number])[];
  /** Some users, whose presence people look at. */
  readonly userIds: readonly string[];
  /** Channels that people may join and leave. */
  readonly joinable: readonly string[];
  /** Of all people of the run. */
  readonly sendsPerSecond: number;
  readonly peopleInAll: number;
  readonly rampMs: number;
  readonly steadyMs: number;
  /** What the server can do. */
  readonly abilities: readonly string[];
  readonly historyFile: string | null;
  /** A certificate that nobody vouches for will do. */
  readonly isInsecure: boolean;
}

export type ToWorker =
  /** The run begins then; by the machine's clock. */
  | { readonly do: "start"; readonly atEpochMs: number }
  | { readonly do: "stop" }
  /** The newest acknowledged message of each room, over all workers. */
  | { readonly do: "settle"; readonly lastSeqs: Readonly<Record<string, number>> }
  | {
      readonly do: "check";
      readonly messagesMax: number;
      readonly rollCallMax: number;
      /** Whether every send was answered, so that nothing moves any more. */
      readonly isStill: boolean;
    };

export interface AuditPart {
  readonly acknowledged: number;
  readonly shown: number;
  readonly lost: number;
  readonly doubled: number;
  readonly disordered: number;
  readonly gapsHealed: number;
  readonly breaksHealed: number;
  readonly unreadErrors: number;
  readonly resets: number;
  readonly sessions: number;
  readonly examples: readonly string[];
}

export type FromWorker =
  | { readonly say: "ready" }
  | {
      readonly say: "second";
      readonly told: Told;
      readonly cpuShare: number;
      readonly audit: AuditPart;
      readonly bytesIn: number;
      readonly bytesOut: number;
    }
  | { readonly say: "stopped"; readonly lastSeqs: Readonly<Record<string, number>>; readonly unknown: number }
  | { readonly say: "settled"; readonly absent: number }
  | {
      readonly say: "checked";
      readonly audit: AuditPart;
      readonly logMessages: number;
      readonly unchecked: number;
    };
