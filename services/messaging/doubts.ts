// When the store fails in the middle of a write, nobody knows whether it was committed. The conversations concerned
// are remembered here, their numbers are read again as soon as the store answers, and told: so that a change whose
// announcement was lost with the answer is found by everyone, not only by its sender.

import type { ConversationId } from "#base/ids.ts";
import type { Clock } from "#ports/clock.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Caches } from "./caches.ts";

export interface DoubtParts {
  readonly caches: Caches;
  readonly bus: Pick<EventBus, "publishHead">;
  readonly clock: Clock;
}

const lookAgainMs = 250;
const batchMax = 1_000;

export class Doubts {
  readonly #parts: DoubtParts;
  /** Bounded by the conversations that had a write under way: lanes times group size, for each failure. */
  readonly #doubtful = new Set<ConversationId>();
  #isScheduled = false;

  constructor(parts: DoubtParts) {
    this.#parts = parts;
  }

  note(conversations: Iterable<ConversationId>): void {
    for (const id of conversations) {
      this.#doubtful.add(id);
      this.#parts.caches.drop(id);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#doubtful.size === 0) return;
    this.#isScheduled = true;
    this.#parts.clock.after(lookAgainMs, () => {
      const ended = () => {
        this.#isScheduled = false;
        this.#schedule();
      };
      this.#look().then(ended, ended);
    });
  }

  async #look(): Promise<void> {
    const { caches, bus } = this.#parts;
    const ids = [...this.#doubtful].slice(0, batchMax);
    const conversations = await caches.fresh(ids);
    for (let i = 0; i < ids.length; i++) {
      this.#doubtful.delete(ids[i]!);
      const conversation = conversations[i];
      if (!conversation) continue;
      const { id, rev, lastSeq } = conversation;
      bus.publishHead({ conversation: id, rev, lastSeq });
    }
  }
}
