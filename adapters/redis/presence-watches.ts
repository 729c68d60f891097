// Who looks at whom in this process: one subscription and one known state for each watched user, however many look.
// First hear, then read, so that no change falls between; what was heard is newer than what was read. A state that
// this process itself makes (a session here) is known without Redis.

import { Gather } from "#base/gather.ts";
import type { UserId } from "#base/ids.ts";
import type { Clock } from "#ports/clock.ts";
import type { PresenceState } from "#ports/presence.ts";
import type { Listener, Redis } from "./connection.ts";
import type { PresenceCalls } from "./presence-scripts.ts";

interface Watcher {
  readonly then: (state: PresenceState) => void;
  isAnswered: boolean;
}

interface Watched {
  readonly user: UserId;
  readonly watchers: Set<Watcher>;
  known: PresenceState | null;
  /** Counts what was heard, so that a read that began earlier does not cover it. */
  heard: number;
  /** What the answered watchers believe. */
  told: boolean | null;
}

export interface WatchNeeds {
  readonly redis: Redis;
  readonly calls: PresenceCalls;
  readonly clock: Clock;
  readonly isHere: (user: UserId) => boolean;
  readonly limits: WatchLimits;
}

export interface WatchLimits {
  /** A look is answered by then, with what is known. */
  readonly answerMs: number;
  readonly readsMax: number;
  /** After a loss: by then every process has told of its users again, and all watched are read anew. */
  readonly healMs: number;
  readonly paceMs: number;
}

export class PresenceWatches {
  readonly #needs: WatchNeeds;
  readonly #watched = new Map<UserId, Watched>();
  readonly #listener: Listener;
  readonly #reads: Gather<Watched, null>;
  readonly #changed = new Set<Watched>();
  readonly #unwatched = new Set<UserId>();
  #endHeal: () => void = () => {};
  #wasReady = false;

  constructor(needs: WatchNeeds) {
    this.#needs = needs;
    const { readsMax } = needs.limits;
    this.#reads = new Gather({
      work: (entries) => this.#follow(entries),
      batchMax: readsMax,
      queueMax: 100_000,
    });
    this.#listener = needs.redis.listen(
      (channel, payload) => this.#hear(channel, payload),
      () => void this.#listenAgain().catch(() => {}),
    );
  }

  watch(users: readonly UserId[], then: (state: PresenceState) => void) {
    const watcher: Watcher = { then, isAnswered: false };
    const entries = [...new Set(users)].map((user) => this.#entryOf(user));
    for (const entry of entries) entry.watchers.add(watcher);
    return {
      states: this.#answer(entries, watcher),
      end: () => {
        for (const entry of entries) {
          if (!entry.watchers.delete(watcher) || entry.watchers.size > 0) continue;
          this.#unwatched.add(entry.user);
          if (this.#unwatched.size === 1) setImmediate(() => this.#stopHearing());
        }
      },
    };
  }

  /** A session started here, or the last one here is gone. */
  localChange(user: UserId, leftAt: number | null): void {
    const entry = this.#watched.get(user);
    if (!entry) return;
    if (leftAt !== null && !this.#needs.redis.isReady()) this.#know(entry, offline(user, leftAt));
    else this.#touch(entry);
  }

  ping(): void {
    this.#listener.ping();
  }

  healSoon(): void {
    this.#endHeal();
    this.#endHeal = this.#needs.clock.after(
      this.#needs.limits.healMs,
      () => void this.#heal().catch(() => {}),
    );
  }

  stats(): { users: number } {
    return { users: this.#watched.size };
  }

  close(): void {
    this.#endHeal();
    this.#listener.close();
  }

  #entryOf(user: UserId): Watched {
    const entry = this.#watched.get(user) ?? {
      user,
      watchers: new Set(),
      known: null,
      heard: 0,
      told: null,
    };
    this.#watched.set(user, entry);
    return entry;
  }

  async #answer(entries: readonly Watched[], watcher: Watcher): Promise<readonly PresenceState[]> {
    const unknown = entries.filter((entry) => entry.known === null);
    if (unknown.length > 0) {
      const reads = Promise.all(unknown.map((entry) => this.#reads.ask(entry)));
      await soon(this.#needs.clock, this.#needs.limits.answerMs, reads);
    } else await Promise.resolve();
    for (const entry of entries) this.#tell(entry);
    watcher.isAnswered = true;
    return entries.map((entry) => {
      const state = this.#stateOf(entry);
      entry.told = state.online;
      return state;
    });
  }

  #stateOf({ user, known }: Watched): PresenceState {
    return this.#needs.isHere(user) ? { user, online: true } : (known ?? { user, online: false });
  }

  async #follow(entries: readonly Watched[]): Promise<null[]> {
    const unknown = entries.filter(
      (entry) => entry.known === null && this.#watched.get(entry.user) === entry,
    );
    if (unknown.length > 0) {
      await this.#listener.subscribe(unknown.map((entry) => this.#needs.calls.channel(entry.user)));
      await this.#read(unknown);
    }
    return entries.map(() => null);
  }

  async #read(entries: readonly Watched[]): Promise<void> {
    const { calls, redis } = this.#needs;
    const heardBefore = entries.map((entry) => entry.heard);
    const questions = entries.flatMap(({ user }) => [calls.processes(user), calls.seen(user)]);
    const [living, ...answers] = await redis.ask([calls.living(), ...questions]);
    const leases = new Set(living as string[]);
    entries.forEach((entry, i) => {
      if (entry.heard !== heardBefore[i]) return;
      const processes = answers[2 * i] as string[];
      const seen = answers[2 * i + 1] as string | null;
      const isOnline = processes.some((lease) => leases.has(lease));
      this.#know(entry, isOnline ? { user: entry.user, online: true } : offline(entry.user, seen));
    });
  }

  #hear(channel: string, payload: string): void {
    const entry = this.#watched.get(this.#needs.calls.userOf(channel));
    if (!entry) return;
    entry.heard++;
    this.#know(
      entry,
      payload === "online" ? { user: entry.user, online: true } : offline(entry.user, payload),
    );
  }

  #know(entry: Watched, state: PresenceState): void {
    entry.known = state;
    this.#touch(entry);
  }

  #touch(entry: Watched): void {
    if (entry.told === null) return;
    this.#changed.add(entry);
    if (this.#changed.size === 1) setImmediate(() => this.#tellChanged());
  }

  #tellChanged(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const entry of changed) this.#tell(entry);
  }

  #tell(entry: Watched): void {
    const state = this.#stateOf(entry);
    if (entry.told === null || entry.told === state.online) return;
    entry.told = state.online;
    for (const watcher of [...entry.watchers]) if (watcher.isAnswered) watcher.then(state);
  }

  #stopHearing(): void {
    const users = [...this.#unwatched].filter((user) => this.#watched.get(user)?.watchers.size === 0);
    this.#unwatched.clear();
    for (const user of users) this.#watched.delete(user);
    const { channel } = this.#needs.calls;
    for (const some of chunks(users, this.#needs.limits.readsMax))
      this.#listener.unsubscribe(some.map(channel)).catch(() => {});
  }

  /** The subscriptions went with the connection; what changed meanwhile nobody heard. */
  async #listenAgain(): Promise<void> {
    if (this.#wasReady) this.healSoon();
    this.#wasReady = true;
    for (const entries of chunks([...this.#watched.values()], this.#needs.limits.readsMax)) {
      await this.#listener.subscribe(entries.map((entry) => this.#needs.calls.channel(entry.user)));
      const unknown = entries.filter((entry) => entry.known === null);
      if (unknown.length > 0) await this.#read(unknown);
    }
  }

  async #heal(): Promise<void> {
    for (const entries of chunks([...this.#watched.values()], this.#needs.limits.readsMax)) {
      await this.#read(entries);
      await new Promise<void>((done) => void this.#needs.clock.after(this.#needs.limits.paceMs, done));
    }
  }
}

function offline(user: UserId, seen: number | string | null): PresenceState {
  return seen === null ? { user, online: false } : { user, online: false, lastSeenAt: Number(seen) };
}

/** Fulfils when the work is done, has failed, or the time is up. */
function soon(clock: Clock, withinMs: number, work: Promise<unknown>): Promise<void> {
  return new Promise((done) => {
    const cancel = clock.after(withinMs, done);
    const end = () => {
      cancel();
      done();
    };
    work.then(end, end);
  });
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
