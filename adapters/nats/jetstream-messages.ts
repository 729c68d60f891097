// One event as it stands in the stream: where it came from in the outbox, and itself.

import { bucketOf } from "#base/ids.ts";
import type { RelayedEntry } from "#ports/event-stream.ts";
import type { OutboxEvent } from "#ports/outbox.ts";

export interface StoredEvent extends RelayedEntry {
  /** How far the stream had counted when it was last cleared: tells its messages from those before. */
  readonly epoch: number;
  /** The outbox's, when this was published. */
  readonly lineage: string;
}

export function encodeEvent(entry: RelayedEntry, epoch: number, lineage: string): Uint8Array {
  return Buffer.from(JSON.stringify({ ...entry, epoch, lineage } satisfies StoredEvent));
}

export function decodeEvent(data: Uint8Array): StoredEvent {
  return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.length).toString("utf8"));
}

/** `<namespace>.events.<kind>.<bucket>`: of a group of messages, the bucket of the first. */
export function subjectOf(eventsSubject: string, event: OutboxEvent): string {
  return `${eventsSubject}.${event.kind}.${bucketOf(conversationOf(event))}`;
}

function conversationOf(event: OutboxEvent) {
  switch (event.kind) {
    case "messages":
      return event.ranges[0]!.conversation;
    case "changed":
      return event.conversation;
    case "memberships":
      return event.rows[0]!.conversation;
  }
}
