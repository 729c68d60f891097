// What a durable consumer reads: every event of the outbox, at least once, by a cursor of its own that outlives
// processes. Beside the way of a message, never on it. Rules P72 - P76 in ports/SPEC.md.
//
// P72 each consumer gets every event at least once, in the outbox's order at first, under an id that stays.
// P73 what was confirmed, singly and in any order, does not come again; what was not does, also to another process.
// P74 lag counts the events that a consumer has not confirmed.
// P75 what is published is a contiguous part of the outbox's order, kept by a majority before publish fulfils;
//     a publisher that is behind is refused. Where everybody has confirmed up to is never told too far.
// P76 a stream that lost its events is filled again from the outbox: nothing that was not confirmed is lost.

import type { OutboxEntry, OutboxEvent, OutboxPosition } from "./outbox.ts";

export interface StreamedEvent {
  /** The event's position in the outbox, of several that were joined the last one's: the same however often it comes. */
  readonly id: OutboxPosition;
  readonly event: OutboxEvent;
  /** 1 at first; how often it was given to this consumer, as far as the stream knows. */
  readonly deliveries: number;
  /** The stream's own mark of this delivery. */
  readonly receipt: unknown;
}

export interface EventStream {
  /** At most `countMax` events that are due, at once; none is an answer too. */
  read(consumer: string, countMax: number): Promise<readonly StreamedEvent[]>;
  confirm(consumer: string, events: readonly StreamedEvent[]): Promise<void>;
  /** They come again after `afterMs`; others need not wait for them. */
  giveBack(consumer: string, events: readonly StreamedEvent[], afterMs: number): Promise<void>;
  lag(consumer: string): Promise<number>;
  /** A hint that something new may be there; may be missed, so a consumer also looks now and then. */
  onHint(then: () => void): () => void;
}

/** What a relay publishes: an entry, or several as one, of which `position` is the last and `from` the first. */
export interface RelayedEntry extends OutboxEntry {
  readonly from?: OutboxPosition;
}

/** The writing side of a stream that is not the outbox itself: what a relay needs. */
export interface EventPublisher {
  /** Makes what is missing (the stream, its consumers) and tells where it stands. */
  state(): Promise<PublisherState>;
  /** Appends `entries` in order after what `state` told, or what was published since. */
  publish(entries: readonly RelayedEntry[], lineage: string): Promise<void>;
  /** Takes all events out of the stream, so that it can be filled again in order. */
  clear(): Promise<void>;
}

export interface PublisherState {
  /** Where what the stream holds begins and ends in the outbox; null where it holds nothing. */
  readonly first: OutboxPosition | null;
  readonly last: OutboxPosition | null;
  /** Nothing is missing between those two. */
  readonly isWhole: boolean;
  /** The outbox's lineage when the newest one was published. */
  readonly lineage: string | null;
  /** Every consumer has confirmed up to here; null where that is not known. */
  readonly confirmed: OutboxPosition | null;
  /** Events in the stream that some consumer has not confirmed. */
  readonly unconfirmed: number;
}

/** Another publisher was faster, or the stream changed: ask for its state anew. */
export class PublisherBehind extends Error {
  override name = "PublisherBehind";
}
