// The event stream of a cluster, read from a JetStream by durable pull consumers: rules P72 - P74. Several workers
// may read for one consumer; what one of them took and did not confirm comes to another.

import { createInbox } from "@nats-io/transport-node";
import type { EventStream, StreamedEvent } from "#ports/event-stream.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import type { Nats } from "./connection.ts";
import { asUnavailable } from "./jetstream-failures.ts";
import { decodeEvent } from "./jetstream-messages.ts";
import type { JetStreamPlace } from "./jetstream-place.ts";

const answerWithinMs = 5_000;

export function openEventStream(nats: Nats, place: JetStreamPlace): EventStream {
  const hints = new Set<() => void>();
  nats.subscribe(place.hintSubject, () => {
    for (const hint of hints) hint();
  });
  return {
    async read(consumer, countMax) {
      await place.ensure();
      return pull(nats, place, consumer, countMax);
    },
    async confirm(_consumer, events) {
      const last = events.at(-1);
      if (last === undefined) return;
      for (const { receipt } of events.slice(0, -1)) nats.publish(receipt as string, ack);
      // The server takes them in order, so its answer to the last one is for all.
      await asUnavailable("event_stream.confirm", () =>
        nats.connection.request(last.receipt as string, ack, { timeout: answerWithinMs }),
      );
    },
    async giveBack(_consumer, events, afterMs) {
      const delay = Buffer.from(`-NAK ${JSON.stringify({ delay: Math.round(afterMs * 1_000_000) })}`);
      for (const { receipt } of events) nats.publish(receipt as string, delay);
    },
    lag: (consumer) => place.lag(consumer),
    onHint(then) {
      const hint = () => then();
      hints.add(hint);
      const end = place.onPublished(hint);
      return () => {
        hints.delete(hint);
        end();
      };
    },
  };
}

const ack = Buffer.from("+ACK");

/** What is there now, at most `countMax`: the server answers at once and says when it has no more. */
function pull(
  nats: Nats,
  place: JetStreamPlace,
  consumer: string,
  countMax: number,
): Promise<StreamedEvent[]> {
  return new Promise((resolve, reject) => {
    const events: StreamedEvent[] = [];
    const inbox = createInbox();
    const end = (problem: string | null) => {
      clearTimeout(timer);
      interest.end();
      if (problem === null || events.length > 0) return resolve(events);
      place.forget();
      reject(new StoreUnavailable(`event_stream.read: ${problem}`));
    };
    const timer = setTimeout(() => end("no answer"), answerWithinMs);
    const interest = nats.subscribe(inbox, (_subject, data, reply, status) => {
      if (status === 503) return end("nobody answers for the consumer");
      if (status >= 400) return end(null);
      if (status === 0) events.push(received(data, reply));
      if (events.length === countMax) end(null);
    });
    const request = Buffer.from(JSON.stringify({ batch: countMax, no_wait: true }));
    if (!nats.publish(place.pullSubject(consumer), request, inbox)) end("NATS is away");
  });
}

function received(data: Uint8Array, receipt: string): StreamedEvent {
  const { position, event } = decodeEvent(data);
  return { id: position, event, deliveries: deliveriesOf(receipt), receipt };
}

/** "$JS.ACK.<stream>.<consumer>.<deliveries>...", or with a domain and an account before the stream. */
function deliveriesOf(receipt: string): number {
  const words = receipt.split(".");
  return Number(words[words.length >= 11 ? 6 : 4]);
}
