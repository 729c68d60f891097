// The event stream read straight from the outbox, for one process: rules P72 - P74. The cursor lies in the outbox;
// what was confirmed or given back ahead of it is remembered here only, so after a crash it comes once more.

import type { Clock } from "#ports/clock.ts";
import type { EventStream, StreamedEvent } from "#ports/event-stream.ts";
import type { Outbox, OutboxEntry, OutboxPosition } from "#ports/outbox.ts";

export interface OutboxStreamOptions {
  /** All consumers that there are: what every one of them has confirmed is deleted. */
  readonly consumers: readonly string[];
}

/** How far a consumer gets ahead of an event that it cannot handle. */
const aheadMax = 5_000;

export function openOutboxStream(outbox: Outbox, clock: Clock, options: OutboxStreamOptions): EventStream {
  const readers = new Map(options.consumers.map((name) => [name, new Reader(name, outbox, clock)]));
  const readerOf = (consumer: string): Reader => {
    const reader = readers.get(consumer);
    if (reader === undefined) throw new Error(`${consumer} is no consumer of this stream`);
    return reader;
  };
  return {
    read: async (consumer, countMax) => readerOf(consumer).read(countMax),
    async confirm(consumer, events) {
      const hasMoved = await readerOf(consumer).confirm(events.map((it) => it.id));
      if (hasMoved) await outbox.trim(options.consumers);
    },
    giveBack: async (consumer, events, afterMs) => readerOf(consumer).giveBack(events, afterMs),
    lag: async (consumer) => (await outbox.waiting(consumer)) - readerOf(consumer).confirmedAhead,
    onHint: outbox.onHint,
  };
}

interface Known {
  deliveries: number;
  isConfirmed: boolean;
  dueAt: number;
}

class Reader {
  readonly #name: string;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  /** What lies above the cursor and was given, in the outbox's order. */
  readonly #known = new Map<OutboxPosition, Known>();

  constructor(name: string, outbox: Outbox, clock: Clock) {
    this.#name = name;
    this.#outbox = outbox;
    this.#clock = clock;
  }

  get confirmedAhead(): number {
    let count = 0;
    for (const known of this.#known.values()) if (known.isConfirmed) count++;
    return count;
  }

  async read(countMax: number): Promise<StreamedEvent[]> {
    const entries = await this.#outbox.read(this.#name, this.#known.size + countMax);
    this.#forgetOthers(entries);
    const now = this.#clock.now();
    return entries
      .filter(({ position }) => this.#isDue(position, now))
      .slice(0, countMax)
      .map((entry) => this.#give(entry));
  }

  /** Whether the cursor has moved. */
  async confirm(events: readonly OutboxPosition[]): Promise<boolean> {
    for (const id of events) {
      const known = this.#known.get(id);
      if (known) known.isConfirmed = true;
    }
    const done: OutboxPosition[] = [];
    for (const [id, known] of this.#known) {
      if (!known.isConfirmed) break;
      done.push(id);
    }
    if (done.length === 0) return false;
    await this.#outbox.confirm(this.#name, done.at(-1)!);
    for (const id of done) this.#known.delete(id);
    return true;
  }

  giveBack(events: readonly StreamedEvent[], afterMs: number): void {
    for (const { id } of events) {
      const known = this.#known.get(id);
      if (known) known.dueAt = this.#clock.now() + afterMs;
    }
  }

  /** All that is known and not behind the cursor is among the entries just read: another process confirmed the rest. */
  #forgetOthers(entries: readonly OutboxEntry[]): void {
    const ahead = new Set(entries.map(({ position }) => position));
    for (const id of this.#known.keys()) if (!ahead.has(id)) this.#known.delete(id);
  }

  #isDue(id: OutboxPosition, now: number): boolean {
    const known = this.#known.get(id);
    return known === undefined ? this.#known.size < aheadMax : !known.isConfirmed && known.dueAt <= now;
  }

  #give({ position, event }: OutboxEntry): StreamedEvent {
    const known = this.#known.get(position) ?? { deliveries: 0, isConfirmed: false, dueAt: 0 };
    known.deliveries++;
    this.#known.set(position, known);
    return { id: position, event, deliveries: known.deliveries, receipt: null };
  }
}
