// Finds what a lost event left behind: compares the rooms of this gateway with the store, and tells sessions where
// their conversations stand. All rooms after the bus was interrupted, those with the newest changes first; in quiet
// running lively rooms often and every room now and then.

import type { Clock } from "#ports/clock.ts";
import type { HeadEvent } from "#ports/event-bus.ts";
import type { Messaging } from "#ports/messaging.ts";
import { type Hub, livelyMs } from "./hub.ts";
import { inPortions } from "./in-portions.ts";

export interface HeadsCheckNeeds {
  readonly hub: Hub;
  readonly messaging: Pick<Messaging, "heads">;
  readonly clock: Clock;
}

const batchMax = 1_000;
const pauseMs = 20;
/** A change on its way may be this much later than its number in the store. */
const graceMs = 1_000;

export class HeadsCheck {
  readonly #needs: HeadsCheckNeeds;
  /** How much of all was compared in this turn of `some`, from 0 to 1. */
  #done = 0;
  /** Rooms whose lost changes were found so. */
  healed = 0;

  constructor(needs: HeadsCheckNeeds) {
    this.#needs = needs;
  }

  /** Rejects when the store or messaging cannot be reached: to be asked again. */
  all(): Promise<void> {
    return this.#check(this.#needs.hub.roomNumbers());
  }

  lively(): Promise<void> {
    return this.#check(this.#needs.hub.livelySince(this.#needs.clock.now() - livelyMs));
  }

  /** The next `share` of all rooms, from 0 to 1. */
  some(share: number): Promise<void> {
    if (this.#done >= 1) this.#done = 0;
    const numbers = this.#needs.hub.roomNumbersFrom(this.#done, share);
    this.#done += share;
    return this.#check(numbers);
  }

  #check(rooms: readonly number[]): Promise<void> {
    const { clock } = this.#needs;
    return inPortions(clock, rooms, batchMax, pauseMs, (portion) => this.#compare(portion));
  }

  async #compare(rooms: readonly number[]): Promise<void> {
    const { hub, messaging, clock } = this.#needs;
    const ids = hub.knownHeads(rooms).map(({ conversation }) => conversation);
    if (ids.length === 0) return;
    const heads = await messaging.heads(ids, true);
    const ahead = ids.flatMap((conversation, i): HeadEvent[] => {
      const [head, known] = [heads[i], hub.head(conversation)];
      return head && known && head.rev > known.rev
        ? [{ conversation, rev: head.rev, lastSeq: head.lastSeq }]
        : [];
    });
    if (ahead.length > 0) clock.after(graceMs, () => this.#tell(ahead));
  }

  /** What came by itself meanwhile is not told again. */
  #tell(heads: readonly HeadEvent[]): void {
    for (const head of heads) if (this.#needs.hub.stands(head)) this.healed++;
  }
}
