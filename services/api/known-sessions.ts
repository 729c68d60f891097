// Sessions that have shown their token lately, so that a request does not ask the store who is calling. Who is kept
// is followed on the bus: a revoked session is forgotten when that is told; where the bus may have lost it, all are;
// and all that is kept is compared with the store now and then, which bounds what a loss that nobody noticed costs.

import { LRUCache } from "lru-cache";
import type { UserId } from "#base/ids.ts";
import type { PresentedToken } from "#core/accounts/token.ts";
import type { Accounts, Session } from "#ports/accounts.ts";
import type { Clock } from "#ports/clock.ts";
import type { EventBus } from "#ports/event-bus.ts";

export interface KnownSessionsParts {
  readonly accounts: Pick<Accounts, "authenticate" | "stillOpen">;
  readonly events: Pick<EventBus, "listen" | "followUser" | "unfollowUser">;
  readonly clock: Clock;
  readonly noteFailure: (error: unknown) => void;
}

const sessionsMax = 20_000;
const compareEveryMs = 60_000;
const batchMax = 1_000;

export class KnownSessions {
  readonly #parts: KnownSessionsParts;
  readonly #known = new LRUCache<string, Session>({
    max: sessionsMax,
    dispose: ({ user }) => this.#parts.events.unfollowUser(user),
  });
  /** What makes an answer under way too old to keep: of one user, and of all. */
  readonly #endedMeanwhile = new Set<UserId>();
  #readsUnderWay = 0;
  #interruptions = 0;
  #isScheduled = false;
  #hits = 0;
  #misses = 0;

  constructor(parts: KnownSessionsParts) {
    this.#parts = parts;
    parts.events.listen({
      changes() {},
      head() {},
      state() {},
      user: (event) => {
        if (event.kind === "revoked") this.#forget(event.user);
      },
      interrupted: () => this.#forgetAll(),
    });
  }

  get(token: PresentedToken): Session | undefined {
    const session = this.#known.get(keyOf(token));
    if (session && session.expiresAt > this.#parts.clock.now()) {
      this.#hits++;
      return session;
    }
    this.#misses++;
    return undefined;
  }

  /** From before the store is asked on, no revocation is missed. */
  async read(tokens: readonly PresentedToken[]): Promise<readonly (Session | null)[]> {
    const { accounts, events, clock } = this.#parts;
    for (const { user } of tokens) events.followUser(user);
    const before = this.#interruptions;
    this.#readsUnderWay++;
    const kept = new Set<number>();
    try {
      const sessions = await accounts.authenticate(tokens, clock.now());
      if (this.#interruptions === before)
        sessions.forEach((session, i) => {
          if (session && !this.#endedMeanwhile.has(session.user) && this.#keep(tokens[i]!, session))
            kept.add(i);
        });
      return sessions;
    } finally {
      tokens.forEach(({ user }, i) => {
        if (!kept.has(i)) events.unfollowUser(user);
      });
      if (--this.#readsUnderWay === 0) this.#endedMeanwhile.clear();
    }
  }

  /** Its life was prolonged. */
  touched(token: PresentedToken, lastSeenAt: number, expiresAt: number): void {
    const key = keyOf(token);
    const session = this.#known.peek(key);
    if (session) Object.assign(session, { lastSeenAt, expiresAt });
  }

  stats(): { hits: number; misses: number; entries: number } {
    return { hits: this.#hits, misses: this.#misses, entries: this.#known.size };
  }

  /** False: it was kept already. */
  #keep(token: PresentedToken, session: Session): boolean {
    const key = keyOf(token);
    if (this.#known.has(key)) return false;
    this.#known.set(key, { ...session });
    this.#schedule();
    return true;
  }

  #forget(user: UserId): void {
    if (this.#readsUnderWay > 0) this.#endedMeanwhile.add(user);
    for (const [key, session] of [...this.#known.entries()])
      if (session.user === user) this.#known.delete(key);
  }

  #forgetAll(): void {
    this.#interruptions++;
    this.#known.clear();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#parts.clock.after(compareEveryMs, () => {
      const again = () => {
        this.#isScheduled = false;
        if (this.#known.size > 0) this.#schedule();
      };
      this.#compare().then(again, (error: unknown) => {
        this.#forgetAll(); // what cannot be compared is not trusted
        this.#parts.noteFailure(error);
        again();
      });
    });
  }

  async #compare(): Promise<void> {
    const entries = [...this.#known.entries()];
    for (let from = 0; from < entries.length; from += batchMax) {
      const batch = entries.slice(from, from + batchMax);
      const asked = batch.map(([, { user, session }]) => ({ user, session }));
      const isOpen = await this.#parts.accounts.stillOpen(asked, this.#parts.clock.now());
      batch.forEach(([key], i) => {
        if (!isOpen[i]) this.#known.delete(key);
      });
    }
  }
}

function keyOf({ user, session, secretHash }: PresentedToken): string {
  return user + session + Buffer.from(secretHash).toString("latin1");
}
