// Runs one durable consumer over any event stream. A batch is handled as a whole; one that fails is halved until
// the event that fails is alone: it is tried again later, then put aside as a dead letter, and the others go on. A
// failure of the world is nobody's fault: it is tried again for ever and counts for nothing.

import type { Clock } from "#ports/clock.ts";
import type { DeadLetters } from "#ports/dead-letters.ts";
import type { EventStream, StreamedEvent } from "#ports/event-stream.ts";
import type { OutboxEvent } from "#ports/outbox.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { withoutContent } from "./error-text.ts";
import { backoffMs, Pauses } from "./pauses.ts";
import type { WorkerLimits } from "./worker-limits.ts";

export interface Consumer {
  readonly name: string;
  readonly batchMax: number;
  /** Reads at each hint; the others look now and then and find larger batches. */
  readonly isPrompt: boolean;
  /** Idempotent: the same events may come again, in part and in another order. */
  handle(events: readonly OutboxEvent[]): Promise<void>;
}

export interface ConsumeNeeds {
  readonly stream: EventStream;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly limits: WorkerLimits;
  readonly onFailure: (error: unknown) => void;
}

export interface ConsumerStats {
  readonly consumer: string;
  /** Events that wait, as last looked. */
  readonly lag: number;
  readonly confirmed: number;
  readonly redeliveries: number;
  readonly failedTries: number;
  /** Made by this process. */
  readonly deadLetters: number;
}

export interface RunningConsumer {
  /** Finishes the batch under way. */
  stop(): Promise<void>;
  stats(): ConsumerStats;
}

export function startConsumer(consumer: Consumer, needs: ConsumeNeeds): RunningConsumer {
  const run = new Run(consumer, needs);
  const pauses = new Pauses(needs.clock);
  const endHints = consumer.isPrompt ? needs.stream.onHint(() => pauses.wake()) : () => {};
  const running = run.until(pauses);
  return {
    async stop() {
      endHints();
      pauses.stop();
      await running;
    },
    stats: () => run.stats(),
  };
}

class Run {
  readonly #consumer: Consumer;
  readonly #needs: ConsumeNeeds;
  readonly #stats = { lag: 0, confirmed: 0, redeliveries: 0, failedTries: 0, deadLetters: 0 };
  #surveyAt = 0;
  #worldFailures = 0;

  constructor(consumer: Consumer, needs: ConsumeNeeds) {
    this.#consumer = consumer;
    this.#needs = needs;
  }

  stats(): ConsumerStats {
    return { consumer: this.#consumer.name, ...this.#stats };
  }

  async until(pauses: Pauses): Promise<void> {
    const { limits, onFailure } = this.#needs;
    while (!pauses.isStopped) {
      try {
        const count = await this.#batch();
        await this.#survey();
        this.#worldFailures = 0;
        if (count < this.#consumer.batchMax) await pauses.pause(limits.lookEveryMs);
      } catch (error) {
        onFailure(error);
        await pauses.rest(backoffMs(++this.#worldFailures, limits.retryAfterMs, limits.worldRetryMsMax));
      }
    }
  }

  /** The number of events read. */
  async #batch(): Promise<number> {
    const { stream, limits } = this.#needs;
    const { name, batchMax } = this.#consumer;
    const events = await stream.read(name, batchMax);
    const open = new Set(events);
    this.#stats.redeliveries += events.filter((it) => it.deliveries > 1).length;
    try {
      if (events.length > 0) await this.#settle(events, open);
    } catch (error) {
      await stream.giveBack(name, [...open], limits.retryAfterMs).catch(this.#needs.onFailure);
      throw error;
    }
    return events.length;
  }

  /** Handles `events`, halves of them where they fail; takes out of `open` what is settled. */
  async #settle(events: readonly StreamedEvent[], open: Set<StreamedEvent>): Promise<void> {
    try {
      await this.#consumer.handle(events.map((it) => it.event));
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      if (events.length === 1) return this.#failed(events[0]!, error, open);
      const half = events.length >> 1;
      await this.#settle(events.slice(0, half), open);
      return this.#settle(events.slice(half), open);
    }
    const again = events.filter((it) => it.deliveries > 1).map((it) => it.id);
    if (again.length > 0) await this.#needs.deadLetters.forget(this.#consumer.name, again);
    await this.#confirm(events, open);
  }

  async #confirm(events: readonly StreamedEvent[], open: Set<StreamedEvent>): Promise<void> {
    await this.#needs.stream.confirm(this.#consumer.name, events);
    this.#stats.confirmed += events.length;
    for (const event of events) open.delete(event);
  }

  async #failed(streamed: StreamedEvent, error: unknown, open: Set<StreamedEvent>): Promise<void> {
    const { stream, deadLetters, limits, clock, onFailure } = this.#needs;
    const { name } = this.#consumer;
    onFailure(error);
    this.#stats.failedTries++;
    const failed = { consumer: name, event: streamed.id, content: streamed.event, at: clock.now() };
    const { tries, isDead } = await deadLetters.note(
      { ...failed, error: withoutContent(error) },
      limits.triesMax,
    );
    if (isDead) {
      this.#stats.deadLetters++;
      return this.#confirm([streamed], open);
    }
    await stream.giveBack(name, [streamed], backoffMs(tries, limits.retryAfterMs, limits.retryAfterMsMax));
    open.delete(streamed);
  }

  /** Now and then: dead letters that are to be tried again, and what waits. */
  async #survey(): Promise<void> {
    const { stream, deadLetters, clock, limits } = this.#needs;
    if (clock.now() < this.#surveyAt) return;
    this.#surveyAt = clock.now() + limits.surveyEveryMs;
    const { name, handle } = this.#consumer;
    for (const letter of await deadLetters.retries(name, 100)) {
      try {
        await handle([letter.content]);
        await deadLetters.forget(name, [letter.event]);
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error;
        this.#stats.failedTries++;
        const failed = { ...letter, error: withoutContent(error), at: clock.now() };
        // Whatever tries it has had, it stays dead.
        await deadLetters.note(failed, 1);
      }
    }
    this.#stats.lag = await stream.lag(name);
  }
}
