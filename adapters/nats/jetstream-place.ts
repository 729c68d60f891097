// The stream and its consumers on the servers: their names, made when they are not there, and asked where they stand.

import {
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  type StreamInfo,
} from "@nats-io/jetstream";
import type { Nats } from "./connection.ts";
import { asUnavailable } from "./jetstream-failures.ts";
import { consumerConfig, type StreamSettings, streamConfig } from "./jetstream-settings.ts";

const nameTaken = 10058;
const apiWithinMs = 4_000;

export class JetStreamPlace {
  readonly stream: string;
  readonly eventsSubject: string;
  readonly hintSubject: string;
  readonly consumers: readonly string[];
  readonly #nats: Nats;
  readonly #settings: StreamSettings;
  readonly #published = new Set<() => void>();
  #ensured: Promise<void> | null = null;

  constructor(nats: Nats, consumers: readonly string[], settings: StreamSettings) {
    this.#nats = nats;
    this.#settings = settings;
    this.consumers = consumers;
    // A stream's name may hold no dot.
    this.stream = `${nats.namespace.replaceAll(".", "_")}_EVENTS`;
    this.eventsSubject = `${nats.namespace}.events`;
    this.hintSubject = `${nats.namespace}.events-hint`;
  }

  pullSubject(consumer: string): string {
    return `$JS.API.CONSUMER.MSG.NEXT.${this.stream}.${consumer}`;
  }

  /** Makes what is missing; looks again only after `forget`. */
  ensure(): Promise<void> {
    this.#ensured ??= asUnavailable("event_stream.ensure", () => this.#make()).catch((error) => {
      this.#ensured = null;
      throw error;
    });
    return this.#ensured;
  }

  /** Something was not as expected: whoever comes next looks whether all is there. */
  forget(): void {
    this.#ensured = null;
  }

  async lag(consumer: string): Promise<number> {
    await this.ensure();
    return asUnavailable("event_stream.lag", async () => {
      const info = await (await this.manager()).consumers.info(this.stream, consumer);
      return info.num_pending + info.num_ack_pending;
    });
  }

  manager(): Promise<JetStreamManager> {
    return jetstreamManager(this.#nats.connection, { checkAPI: false, timeout: apiWithinMs });
  }

  async info(): Promise<StreamInfo> {
    return (await this.manager()).streams.info(this.stream);
  }

  /** Tells readers here and in other processes; the connection does not hear itself. */
  tellPublished(): void {
    this.#nats.publish(this.hintSubject, new Uint8Array());
    for (const then of this.#published) then();
  }

  onPublished(then: () => void): () => void {
    this.#published.add(then);
    return () => void this.#published.delete(then);
  }

  async #make(): Promise<void> {
    const manager = await this.manager();
    const config = streamConfig(this.stream, `${this.eventsSubject}.>`, this.#settings);
    try {
      await manager.streams.add(config);
    } catch (error) {
      // It is there with other settings: those of now hold.
      if (!(error instanceof JetStreamApiError && error.code === nameTaken)) throw error;
      await manager.streams.update(this.stream, config);
    }
    for (const consumer of this.consumers)
      await manager.consumers.add(this.stream, consumerConfig(consumer, this.#settings));
  }
}
