// Accounts that were shown lately: a handle is for ever, and a display name that another process changed is shown a
// minute late at most.

import { LRUCache } from "lru-cache";
import type { UserId } from "#base/ids.ts";
import type { Account, Accounts } from "#ports/accounts.ts";
import type { Clock } from "#ports/clock.ts";

const accountsMax = 20_000;
const shownForMs = 60_000;

export class KnownPeople {
  readonly #accounts: Pick<Accounts, "accounts">;
  readonly #clock: Clock;
  readonly #known = new LRUCache<UserId, { readonly account: Account; readonly readAt: number }>({
    max: accountsMax,
  });

  constructor(accounts: Pick<Accounts, "accounts">, clock: Clock) {
    this.#accounts = accounts;
    this.#clock = clock;
  }

  /** In the order of `users`; who does not exist is asked for each time. */
  async accounts(users: readonly UserId[]): Promise<readonly (Account | null)[]> {
    const now = this.#clock.now();
    const shown = this.#shown(users, now);
    if (shown) return shown;
    const isKnown = (user: UserId) => now - (this.#known.get(user)?.readAt ?? -Infinity) < shownForMs;
    const missing = [...new Set(users.filter((user) => !isKnown(user)))];
    const read = missing.length === 0 ? [] : await this.#accounts.accounts(missing);
    const found = new Map<UserId, Account | null>(missing.map((user, i) => [user, read[i] ?? null]));
    for (const account of found.values())
      if (account) this.#known.set(account.user, { account, readAt: now });
    return users.map((user) => found.get(user) ?? this.#known.get(user)?.account ?? null);
  }

  /** null: not all of them are known. */
  #shown(users: readonly UserId[], now: number): readonly Account[] | null {
    const shown: Account[] = [];
    for (const user of users) {
      const known = this.#known.get(user);
      if (!known || now - known.readAt >= shownForMs) return null;
      shown.push(known.account);
    }
    return shown;
  }

  /** Changed by this process: shown so at once. */
  changed(account: Account): void {
    this.#known.set(account.user, { account, readAt: this.#clock.now() });
  }
}
