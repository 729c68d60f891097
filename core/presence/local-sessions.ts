// The sessions of one process, counted by user, with a grace: who comes back soon after the last session's end has
// not left. One timer for each user who is leaving.

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
  readonly #stay = new Map<UserId, () => void>();

  constructor(needs: LocalSessionsNeeds) {
    this.#needs = needs;
  }

  started(user: UserId): void {
    const before = this.#counts.get(user);
    this.#counts.set(user, (before ?? 0) + 1);
    if (before === undefined) return this.#needs.came(user);
    if (before > 0) return;
    this.#stay.get(user)?.();
    this.#stay.delete(user);
  }

  ended(user: UserId): void {
    const before = this.#counts.get(user) ?? 0;
    if (before === 0) return;
    this.#counts.set(user, before - 1);
    if (before > 1) return;
    const at = this.#needs.now();
    const leave = () => {
      this.#stay.delete(user);
      this.#counts.delete(user);
      this.#needs.left(user, at);
    };
    this.#stay.set(user, this.#needs.after(this.#needs.graceMs, leave));
  }

  isHere(user: UserId): boolean {
    return this.#counts.has(user);
  }

  users(): Iterable<UserId> {
    return this.#counts.keys();
  }

  /** Nobody leaves any more: the process ends, and what others know of it lapses by itself. */
  stop(): void {
    for (const stay of this.#stay.values()) stay();
    this.#stay.clear();
  }
}
