// Durable events on JetStream: a stream that workers read and one of them fills from the outbox.

import type { EventPublisher, EventStream } from "#ports/event-stream.ts";
import type { Nats } from "./connection.ts";
import { openEventStream } from "./event-stream.ts";
import { JetStreamPlace } from "./jetstream-place.ts";
import { openEventPublisher } from "./jetstream-publisher.ts";
import { type StreamSettings, streamSettings } from "./jetstream-settings.ts";

export interface DurableEvents {
  readonly stream: EventStream;
  readonly publisher: EventPublisher;
}

/** Touches no server yet: what is missing there is made when it is first needed. */
export function openDurableEvents(
  nats: Nats,
  consumers: readonly string[],
  settings: Partial<StreamSettings> = {},
): DurableEvents {
  const place = new JetStreamPlace(nats, consumers, { ...streamSettings, ...settings });
  return { stream: openEventStream(nats, place), publisher: openEventPublisher(nats, place) };
}
