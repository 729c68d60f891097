// The durable stream of what happened, written in the same statement as what it tells of. Rules P20 - P23.
//
// P20 an entry is visible if and only if its change is committed.
// P21 a consumer gets every entry at least once, after its own cursor, in an order in which no entry that commits
//     later can slip in before one already given.
// P22 confirm moves the cursor; what is not confirmed comes again after a restart.
// P23 entries confirmed by all named consumers are deleted by trim.

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
  read(consumer: string, countMax: number): Promise<readonly OutboxEntry[]>;
  confirm(consumer: string, upTo: OutboxPosition): Promise<void>;
  /** Deletes what every one of `consumers` has confirmed; the number deleted. */
  trim(consumers: readonly string[]): Promise<number>;
  /** A hint that something new may be there; may be missed, so a consumer also looks now and then. */
  onHint(then: () => void): () => void;
}
