// Brings the outbox into the stream of a cluster. The outbox remains the record: an entry stays in it until every
// consumer has confirmed it, and the stream runs ahead of that as a contiguous part of the outbox's order. What has
// been published is asked of the stream itself, so whatever it has lost is published again (rules P75 and P76).
// A lease lets one worker at a time do this; a second one is refused by the stream and does no harm.

import type { Clock } from "#ports/clock.ts";
import type { EventPublisher, PublisherState } from "#ports/event-stream.ts";
import { PublisherBehind } from "#ports/event-stream.ts";
import type { Leases } from "#ports/leases.ts";
import { comparePositions, type Outbox, type OutboxPosition } from "#ports/outbox.ts";
import { joinMessages } from "./join-messages.ts";
import { backoffMs, Pauses } from "./pauses.ts";
import type { WorkerLimits } from "./worker-limits.ts";

export interface RelayNeeds {
  readonly outbox: Outbox;
  readonly publisher: EventPublisher;
  readonly leases: Leases;
  /** Names this process. */
  readonly instance: string;
  readonly clock: Clock;
  readonly limits: WorkerLimits;
  readonly onFailure: (error: unknown) => void;
}

export interface RelayStats {
  /** This process holds the lease. */
  readonly isActive: boolean;
  readonly published: number;
  /** How often the stream had lost events and was filled again. */
  readonly refills: number;
  /** Entries in the outbox that not every consumer has confirmed, as last looked. */
  readonly unconfirmed: number;
}

export interface Relay {
  stop(): Promise<void>;
  stats(): RelayStats;
}

/** The outbox's consumer whose cursor says how far every consumer of the stream has confirmed. */
export const relayConsumer = "stream";
const leaseName = "relay-outbox";
const batchMax = 256;
/** Looks in a row that found nothing: then it looks less often. */
const emptyMany = 20;

export function startRelay(needs: RelayNeeds): Relay {
  const run = new Run(needs);
  const pauses = new Pauses(needs.clock);
  const endHints = needs.outbox.onHint(() => pauses.wake());
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

interface StreamEnd {
  readonly last: OutboxPosition | null;
  readonly unconfirmed: number;
  readonly lineage: string;
}

class Run {
  readonly #needs: RelayNeeds;
  readonly #stats = { published: 0, refills: 0, unconfirmed: 0 };
  /** Until when this process holds the lease, by its own clock: asked for before that began. */
  #heldUntil = 0;
  #renewAt = 0;
  #askAt = 0;
  /** Where the stream stands; null: to be asked. */
  #at: StreamEnd | null = null;
  #confirmed: OutboxPosition | null = null;

  constructor(needs: RelayNeeds) {
    this.#needs = needs;
  }

  stats(): RelayStats {
    return { isActive: this.#isActive(), ...this.#stats };
  }

  async until(pauses: Pauses): Promise<void> {
    const { limits, leases, instance, onFailure } = this.#needs;
    let failures = 0;
    let empty = 0;
    while (!pauses.isStopped) {
      try {
        if (!(await this.#hold())) {
          await pauses.rest(limits.leaseMs / 3);
          continue;
        }
        await this.#look();
        const count = await this.#publish();
        failures = 0;
        empty = count > 0 ? 0 : empty + 1;
        const restMs = empty < emptyMany ? limits.relayEveryMs : limits.relayIdleEveryMs;
        if (count < batchMax) await pauses.pause(restMs);
      } catch (error) {
        this.#at = null;
        if (!(error instanceof PublisherBehind)) onFailure(error);
        await pauses.rest(backoffMs(++failures, limits.retryAfterMs, limits.worldRetryMsMax));
      }
    }
    if (this.#isActive()) await leases.release(leaseName, instance).catch(onFailure);
  }

  #isActive(): boolean {
    return this.#needs.clock.now() < this.#heldUntil;
  }

  /** Whether this process is the one that relays. */
  async #hold(): Promise<boolean> {
    const { clock, limits, leases, instance } = this.#needs;
    const now = clock.now();
    if (now < this.#renewAt && this.#isActive()) return true;
    const wasActive = this.#isActive();
    const isHeld = await leases.hold(leaseName, instance, limits.leaseMs);
    this.#heldUntil = isHeld ? now + limits.leaseMs : 0;
    this.#renewAt = now + limits.leaseMs / 3;
    if (!isHeld || !wasActive) this.#at = null;
    return isHeld;
  }

  /** Now and then, and when it is not known where the stream stands. */
  async #look(): Promise<void> {
    const { clock, limits, outbox, publisher } = this.#needs;
    if (this.#at !== null && clock.now() < this.#askAt) return;
    this.#askAt = clock.now() + limits.confirmEveryMs;
    const lineage = await outbox.lineage();
    let state = await publisher.state();
    if (isAlien(state, lineage) || (await this.#lacksSome(state))) {
      this.#stats.refills++;
      await publisher.clear();
      state = await publisher.state();
    } else if (state.confirmed !== null && state.confirmed !== this.#confirmed) {
      await outbox.confirm(relayConsumer, state.confirmed);
      await outbox.trim([relayConsumer]);
      this.#confirmed = state.confirmed;
    }
    this.#at = { lineage, last: state.last, unconfirmed: state.unconfirmed };
    this.#stats.unconfirmed = await outbox.waiting(relayConsumer);
  }

  /** Whether the stream has a hole, or begins after something that not everybody has confirmed. */
  async #lacksSome({ first, isWhole }: PublisherState): Promise<boolean> {
    if (!isWhole) return true;
    if (first === null) return false;
    const [next] = await this.#needs.outbox.read(relayConsumer, 1);
    return next !== undefined && comparePositions(next.position, first) < 0;
  }

  /** The number of entries published. */
  async #publish(): Promise<number> {
    const { outbox, publisher, limits } = this.#needs;
    const at = this.#at!;
    if (at.unconfirmed >= limits.aheadMax) return 0;
    const entries = await (at.last === null
      ? outbox.read(relayConsumer, batchMax)
      : outbox.after(at.last, batchMax));
    if (entries.length === 0) return 0;
    const joined = joinMessages(entries);
    await publisher.publish(joined, at.lineage);
    this.#stats.published += entries.length;
    this.#at = { ...at, last: entries.at(-1)!.position, unconfirmed: at.unconfirmed + joined.length };
    return entries.length;
  }
}

/** Whether the outbox may have gone back since: positions in the stream may then be those of other entries. */
function isAlien(state: PublisherState, lineage: string): boolean {
  return state.lineage !== null && state.lineage !== lineage;
}
