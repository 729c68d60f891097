// What this process tells Redis: that it lives (a lease, renewed), and who comes and leaves, in batches. A lease that
// was lost (Redis came back empty, or this process stood still) is followed by a new one under a new name, and
// everybody here is told anew, paced; whatever stands under the old name is somebody's to forget.

import type { UserId } from "#base/ids.ts";
import type { Clock } from "#ports/clock.ts";
import type { Redis } from "./connection.ts";
import type { PresenceCalls } from "./presence-scripts.ts";

export interface LeaseLimits {
  readonly leaseMs: number;
  readonly renewMs: number;
  /** Users told in one write, and the pause after it while more wait. */
  readonly batchMax: number;
  readonly paceMs: number;
  /** Waiting while Redis is away; beyond it the lease is given up instead, which says the same of all at once. */
  readonly waitingMax: number;
}

export interface LeaseNeeds {
  readonly redis: Redis;
  readonly calls: PresenceCalls;
  readonly clock: Clock;
  readonly instance: string;
  readonly limits: LeaseLimits;
  readonly here: () => Iterable<UserId>;
  /** Told at each renewal. */
  readonly renewing: () => void;
  /** A lease was taken: what changed before it nobody may have heard. */
  readonly taken: () => void;
}

const isHere = null;

export class PresenceLease {
  readonly #needs: LeaseNeeds;
  /** What is not told yet: here, or when they left. */
  readonly #waiting = new Map<UserId, number | typeof isHere>();
  #turn = 0;
  #isHeld = false;
  #isRenewing = false;
  #isTelling = false;
  #isClosed = false;
  #endRenewal: () => void = () => {};
  #work: Promise<void> = Promise.resolve();
  readonly #endReady: () => void;

  constructor(needs: LeaseNeeds) {
    this.#needs = needs;
    // What was written before the connection broke may be read after what is written now: a new name cannot be hit.
    this.#endReady = needs.redis.onReady(() => {
      this.#giveUp();
      void this.#renew();
    });
    this.#scheduleRenewal();
  }

  came(user: UserId): void {
    this.#note(user, isHere);
  }

  left(user: UserId, at: number): void {
    this.#note(user, at);
  }

  /** The users stay known until a short time has passed: most of them are on their way to another process. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.#endRenewal();
    this.#endReady();
    await this.#work;
    if (!this.#isHeld) return;
    await this.#needs.redis.ask([this.#needs.calls.shorten(this.#name, graceMs)]).catch(() => {});
  }

  get #name(): string {
    return `${this.#needs.instance}.${this.#turn}`;
  }

  #note(user: UserId, what: number | typeof isHere): void {
    this.#waiting.delete(user);
    this.#waiting.set(user, what);
    if (this.#waiting.size > this.#needs.limits.waitingMax) {
      this.#waiting.clear();
      this.#giveUp();
    }
    if (!this.#isTelling && this.#isHeld) this.#startTelling();
  }

  #giveUp(): void {
    if (this.#isHeld) this.#turn++;
    this.#isHeld = false;
  }

  #scheduleRenewal(): void {
    this.#endRenewal = this.#needs.clock.after(this.#needs.limits.renewMs, () => {
      this.#needs.renewing();
      void this.#renew();
      this.#scheduleRenewal();
    });
  }

  async #renew(): Promise<void> {
    const { redis, calls, limits } = this.#needs;
    if (this.#isRenewing || this.#isClosed || !redis.isReady()) return;
    this.#isRenewing = true;
    try {
      if (this.#isHeld) {
        const [isRenewed] = await redis.ask([calls.renew(this.#name, limits.leaseMs, false)]);
        if (isRenewed === 0) this.#giveUp();
      }
      if (!this.#isHeld) await this.#take();
      this.#startTelling();
    } catch {
      // Away: the next renewal finds out what has become of the lease.
    } finally {
      this.#isRenewing = false;
    }
  }

  /** The lease before stays for as long again: its users are told under the new name meanwhile, and it is forgotten. */
  async #take(): Promise<void> {
    const { redis, calls, limits, instance } = this.#needs;
    const turn = this.#turn;
    const before = turn > 0 ? [calls.renew(`${instance}.${turn - 1}`, limits.leaseMs, true)] : [];
    await redis.ask([calls.renew(this.#name, limits.leaseMs, true), ...before]);
    if (turn !== this.#turn) return;
    this.#isHeld = true;
    for (const user of this.#needs.here()) if (!this.#waiting.has(user)) this.#waiting.set(user, isHere);
    this.#needs.taken();
  }

  #startTelling(): void {
    if (this.#isTelling || this.#waiting.size === 0) return;
    this.#isTelling = true;
    this.#work = this.#tell().finally(() => {
      this.#isTelling = false;
    });
  }

  /** From the end of the tick on, so that one write tells of all that happened in it. */
  async #tell(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#waiting.size > 0 && this.#isHeld) {
      const batch = this.#takeBatch();
      try {
        await this.#needs.redis.ask(this.#callsFor(batch));
      } catch {
        for (const [user, what] of batch) if (!this.#waiting.has(user)) this.#waiting.set(user, what);
        return;
      }
      if (this.#waiting.size > 0 && !this.#isClosed) await this.#pause();
    }
  }

  #takeBatch(): [UserId, number | typeof isHere][] {
    const batch: [UserId, number | typeof isHere][] = [];
    for (const entry of this.#waiting) {
      batch.push(entry);
      this.#waiting.delete(entry[0]);
      if (batch.length === this.#needs.limits.batchMax) break;
    }
    return batch;
  }

  #callsFor(batch: readonly (readonly [UserId, number | typeof isHere])[]) {
    const { calls } = this.#needs;
    const came = batch.flatMap(([user, what]) => (what === isHere ? [user] : []));
    const left = batch.flatMap(([user, what]) => (what === isHere ? [] : [user]));
    return [
      ...(came.length > 0 ? [calls.addUsers(this.#name, came)] : []),
      ...batch.map(([user, what]) =>
        what === isHere ? calls.arrive(user, this.#name) : calls.leave(user, this.#name, what),
      ),
      ...(left.length > 0 ? [calls.removeUsers(this.#name, left)] : []),
    ];
  }

  #pause(): Promise<void> {
    return new Promise((done) => void this.#needs.clock.after(this.#needs.limits.paceMs, done));
  }
}
