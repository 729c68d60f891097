// The durable stream of what happened, written in the same statement as what it tells of. Rules P20 - P23.
//
// P20 an entry is visible if and only if its change is committed.
// P21 a consumer gets every entry at least once, after its own cursor, in an order in which no entry that commits
//     later can slip in before one already given.
// P22 confirm moves the cursor; what is not confirmed comes again after a restart.
// P23 entries confirmed by all named consumers are deleted by trim.
// P71 waiting counts what a consumer has not confirmed; after lets one look ahead of what it has confirmed;
//     lineage tells that positions given before may since belong to other entries.

import type { Branded, ConversationId, Rev, Seq } from "#base/ids.ts";
import type { MembershipRow } from "./inbox.ts";

export type OutboxPosition = Branded<string, "OutboxPosition">;

export type OutboxEvent =
  | {
      readonly kind: "messages";
      readonly ranges: readonly { conversation: ConversationId; fromSeq: Seq; toSeq: Seq }[];
    }
  | { readonly kind: "changed"; readonly conversation: ConversationId; readonly rev: Rev; readonly seq: Seq }
  | { readonly kind: "memberships"; readonly rows: readonly MembershipRow[] };

export interface OutboxEntry {
  readonly position: OutboxPosition;
  readonly event: OutboxEvent;
}

export interface Outbox {
  /** The oldest entries that `consumer` has not confirmed. */
  read(consumer: string, countMax: number): Promise<readonly OutboxEntry[]>;
  /** The oldest entries after `position`, whoever has confirmed them or not. */
  after(position: OutboxPosition, countMax: number): Promise<readonly OutboxEntry[]>;
  /** How many entries `consumer` has not confirmed; counted up to `waitingMax`. */
  waiting(consumer: string): Promise<number>;
  confirm(consumer: string, upTo: OutboxPosition): Promise<void>;
  /** Deletes what every one of `consumers` has confirmed; the number deleted. */
  trim(consumers: readonly string[]): Promise<number>;
  /** Another one once the store may have gone back in time: another primary, a restored backup. */
  lineage(): Promise<string>;
  /** A hint that something new may be there; may be missed, so a consumer also looks now and then. */
  onHint(then: () => void): () => void;
}

/** Counting stops here, so that asking never costs much. */
export const waitingMax = 100_000;

/** Below zero where `a` comes before `b`. A position is a number, or a number and a text after a colon. */
export function comparePositions(a: OutboxPosition, b: OutboxPosition): number {
  const [numberA, textA = ""] = a.split(":");
  const [numberB, textB = ""] = b.split(":");
  const difference = BigInt(numberA!) - BigInt(numberB!);
  if (difference !== 0n) return difference < 0n ? -1 : 1;
  return textA === textB ? 0 : textA < textB ? -1 : 1;
}
