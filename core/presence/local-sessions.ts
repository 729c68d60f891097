// The sessions of one process, counted by user, with a grace: who comes back soon after the last session's end has
// not left.

import { Deadlines } from "#base/deadlines.ts";
import type { UserId } from "#base/ids.ts";

export interface LocalSessionsNeeds {
  readonly graceMs: number;
  readonly now: () => number;
  readonly after: (delayMs: number, then: () => void) => () => void;
  readonly came: (user: UserId) => void;
  /** `at`: when the last session ended. */
  readonly left: (user: UserId, at: number) => void;
}

export class LocalSessions {
  readonly #needs: LocalSessionsNeeds;
  /** 0 while a user is leaving. */
  readonly #counts = new Map<UserId, number>();
  readonly #leaving: Deadlines<UserId>;

  constructor(needs: LocalSessionsNeeds) {
    this.#needs = needs;
    this.#leaving = new Deadlines({
      withinMs: needs.graceMs,
      now: needs.now,
      after: needs.after,
      due: (user, at) => {
        this.#counts.delete(user);
        needs.left(user, at);
      },
    });
  }

  started(user: UserId): void {
    const before = this.#counts.get(user);
    this.#counts.set(user, (before ?? 0) + 1);
    if (before === undefined) return this.#needs.came(user);
    if (before === 0) this.#leaving.ends(user);
  }

  ended(user: UserId): void {
    const before = this.#counts.get(user) ?? 0;
    if (before === 0) return;
    this.#counts.set(user, before - 1);
    if (before === 1) this.#leaving.begins(user);
  }

  isHere(user: UserId): boolean {
    return this.#counts.has(user);
  }

  users(): Iterable<UserId> {
    return this.#counts.keys();
  }

  /** Nobody leaves any more: the process ends, and what others know of it lapses by itself. */
  stop(): void {
    this.#leaving.stop();
  }
}
