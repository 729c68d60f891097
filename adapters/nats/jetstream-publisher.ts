// The writing side of the stream of a cluster: rules P75 and P76. Each event is stored only directly after the one
// before it (the expected sequence), so the stream is a contiguous part of the outbox's order whoever publishes, and
// each acknowledgement is that of a majority. It is no fsync, so the outbox remains the record.

import { jetstream } from "@nats-io/jetstream";
import {
  type EventPublisher,
  PublisherBehind,
  type PublisherState,
  type RelayedEntry,
} from "#ports/event-stream.ts";
import type { OutboxPosition } from "#ports/outbox.ts";
import type { Nats } from "./connection.ts";
import { asUnavailable } from "./jetstream-failures.ts";
import { decodeEvent, encodeEvent, type StoredEvent, subjectOf } from "./jetstream-messages.ts";
import type { JetStreamPlace } from "./jetstream-place.ts";

const acknowledgedWithinMs = 5_000;

export function openEventPublisher(nats: Nats, place: JetStreamPlace): EventPublisher {
  return new Publisher(nats, place);
}

interface Place {
  readonly sequence: number;
  readonly epoch: number;
}

class Publisher implements EventPublisher {
  readonly #nats: Nats;
  readonly #place: JetStreamPlace;
  /** The stream's last sequence and its epoch; null: to be asked. */
  #at: Place | null = null;

  constructor(nats: Nats, place: JetStreamPlace) {
    this.#nats = nats;
    this.#place = place;
  }

  async state(): Promise<PublisherState> {
    await this.#place.ensure();
    return this.#guarded("event_publisher.state", () => this.#state());
  }

  async publish(entries: readonly RelayedEntry[], lineage: string): Promise<void> {
    const at = this.#at;
    if (at === null) throw new PublisherBehind("where the stream stands is not known");
    await this.#guarded("event_publisher.publish", async () => {
      const results = await Promise.allSettled(
        entries.map((entry, index) => this.#store(entry, lineage, { ...at, sequence: at.sequence + index })),
      );
      const failed = results.find((it) => it.status === "rejected");
      if (failed) throw failed.reason;
      this.#at = { ...at, sequence: at.sequence + entries.length };
    });
    this.#place.tellPublished();
  }

  clear(): Promise<void> {
    this.#at = null;
    return this.#guarded("event_publisher.clear", async () => {
      await (await this.#place.manager()).streams.purge(this.#place.stream);
    });
  }

  async #store(entry: RelayedEntry, lineage: string, after: Place): Promise<void> {
    const subject = subjectOf(this.#place.eventsSubject, entry.event);
    const expect = { lastSequence: after.sequence };
    const msgID = after.epoch === 0 ? entry.position : `${entry.position}@${after.epoch}`;
    const options = { msgID, expect, timeout: acknowledgedWithinMs };
    const stored = await jetstream(this.#nats.connection).publish(
      subject,
      encodeEvent(entry, after.epoch, lineage),
      options,
    );
    if (stored.duplicate || stored.seq !== after.sequence + 1)
      throw new PublisherBehind("the stream had it already");
  }

  async #state(): Promise<PublisherState> {
    const { stream, consumers } = this.#place;
    const manager = await this.#place.manager();
    // First how far the consumers are, then what the stream holds: what it loses in between is seen.
    const infos = await Promise.all(consumers.map((name) => manager.consumers.info(stream, name)));
    const { state } = await this.#place.info();
    if (state.messages === 0) {
      this.#at = { sequence: state.last_seq, epoch: state.last_seq };
      return { first: null, last: null, isWhole: true, lineage: null, confirmed: null, unconfirmed: 0 };
    }
    const floor = Math.min(...infos.map((info) => info.ack_floor.stream_seq));
    const last = await this.#event(state.last_seq);
    const first = await this.#event(state.first_seq);
    this.#at = { sequence: state.last_seq, epoch: last.epoch };
    return {
      first: first.from ?? first.position,
      last: last.position,
      isWhole: state.messages === state.last_seq - state.first_seq + 1,
      lineage: last.lineage,
      confirmed: floor < state.first_seq ? null : await this.#positionOf(floor),
      unconfirmed: Math.max(0, ...infos.map((info) => info.num_pending + info.num_ack_pending)),
    };
  }

  async #positionOf(sequence: number): Promise<OutboxPosition> {
    return (await this.#event(sequence)).position;
  }

  async #event(sequence: number): Promise<StoredEvent> {
    const manager = await this.#place.manager();
    const message = await manager.streams.getMessage(this.#place.stream, { seq: sequence });
    if (message === null) throw new PublisherBehind("an event left the stream meanwhile");
    return decodeEvent(message.data);
  }

  /** After any failure it is not known where the stream stands, nor whether all of it is there. */
  async #guarded<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      return await asUnavailable(operation, work);
    } catch (error) {
      this.#at = null;
      this.#place.forget();
      throw error;
    }
  }
}
