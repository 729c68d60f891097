// Finds what a lost event left behind: compares the rooms of this gateway with the store, and tells sessions where
// their conversations stand. All rooms after the bus was interrupted, those with the newest changes first; in quiet
// running lively rooms often and every room now and then.

import type { Clock } from "#ports/clock.ts";
import type { HeadEvent } from "#ports/event-bus.ts";
import type { Messaging } from "#ports/messaging.ts";
import type { Hub } from "./hub.ts";
import { inPortions } from "./in-portions.ts";
import type { Room } from "./room.ts";

export interface HeadsCheckNeeds {
  readonly hub: Hub;
  readonly messaging: Pick<Messaging, "heads">;
  readonly clock: Clock;
}

const batchMax = 1_000;
const pauseMs = 20;
/** A change on its way may be this much later than its number in the store. */
const graceMs = 1_000;
/** A room is lively for so long after a change. */
export const livelyMs = 120_000;

export class HeadsCheck {
  readonly #needs: HeadsCheckNeeds;
  #next = 0;
  /** Rooms whose lost changes were found so. */
  healed = 0;

  constructor(needs: HeadsCheckNeeds) {
    this.#needs = needs;
  }

  /** Rejects when the store or messaging cannot be reached: to be asked again. */
  all(): Promise<void> {
    const rooms = this.#needs.hub.rooms().sort((a, b) => b.lastChangeAt - a.lastChangeAt);
    return this.#check(rooms);
  }

  lively(): Promise<void> {
    const since = this.#needs.clock.now() - livelyMs;
    return this.#check(this.#needs.hub.rooms().filter((room) => room.lastChangeAt > since));
  }

  /** The next `share` of all rooms, from 0 to 1. */
  some(share: number): Promise<void> {
    const rooms = this.#needs.hub.rooms();
    const count = Math.ceil(rooms.length * share);
    if (this.#next >= rooms.length) this.#next = 0;
    const portion = rooms.slice(this.#next, this.#next + count);
    this.#next += count;
    return this.#check(portion);
  }

  #check(rooms: readonly Room[]): Promise<void> {
    const { clock } = this.#needs;
    const known = rooms.filter((room) => room.isHeadKnown);
    return inPortions(clock, known, batchMax, pauseMs, (portion) => this.#compare(portion));
  }

  async #compare(rooms: readonly Room[]): Promise<void> {
    const ids = rooms.map((room) => room.conversation);
    const heads = await this.#needs.messaging.heads(ids, true);
    const ahead = ids.flatMap((conversation, i): HeadEvent[] => {
      const head = heads[i];
      return head && head.rev > rooms[i]!.rev ? [{ conversation, rev: head.rev, lastSeq: head.lastSeq }] : [];
    });
    if (ahead.length > 0) this.#needs.clock.after(graceMs, () => this.#tell(ahead));
  }

  /** What came by itself meanwhile is not told again. */
  #tell(heads: readonly HeadEvent[]): void {
    for (const head of heads) if (this.#needs.hub.stands(head)) this.healed++;
  }
}
