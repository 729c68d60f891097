// Presence inside one process: a count of sessions a user, and the watchers of each. Rules P38 - P40 and P60; the
// state dies with the process (P40, P62), and there is nothing to lose but the process (P61).

import { LRUCache } from "lru-cache";
import type { UserId } from "#base/ids.ts";
import { LocalSessions } from "#core/presence/local-sessions.ts";
import type { Clock } from "#ports/clock.ts";
import type { Presence, PresenceState } from "#ports/presence.ts";

interface Watcher {
  readonly then: (state: PresenceState) => void;
  isAnswered: boolean;
}

export interface MemoryPresenceOptions {
  readonly graceMs?: number;
  /** Bounds for how many users the time of leaving is remembered. */
  readonly lastSeenMax?: number;
}

export function createMemoryPresence(
  clock: Clock,
  { graceMs = 2_000, lastSeenMax = 100_000 }: MemoryPresenceOptions = {},
): Presence {
  const lastSeen = new LRUCache<UserId, number>({ max: lastSeenMax });
  const watchers = new Map<UserId, Set<Watcher>>();
  const sessions = new LocalSessions({
    graceMs,
    now: () => clock.now(),
    after: (delayMs, then) => clock.after(delayMs, then),
    came: tell,
    left(user, at) {
      lastSeen.set(user, at);
      tell(user);
    },
  });

  function stateOf(user: UserId): PresenceState {
    if (sessions.isHere(user)) return { user, online: true };
    const lastSeenAt = lastSeen.get(user);
    return lastSeenAt === undefined ? { user, online: false } : { user, online: false, lastSeenAt };
  }

  function tell(user: UserId): void {
    const state = stateOf(user);
    for (const watcher of watchers.get(user) ?? []) if (watcher.isAnswered) watcher.then(state);
  }

  return {
    sessionStarted: (user) => sessions.started(user),
    sessionEnded: (user) => sessions.ended(user),
    watch(users, then) {
      const watched = new Set(users);
      const watcher: Watcher = { then, isAnswered: false };
      for (const user of watched) watchers.set(user, (watchers.get(user) ?? new Set()).add(watcher));
      const answer = () => {
        watcher.isAnswered = true;
        return [...watched].map(stateOf);
      };
      return {
        states: Promise.resolve().then(answer),
        end() {
          for (const user of watched) {
            const left = watchers.get(user);
            left?.delete(watcher);
            if (left?.size === 0) watchers.delete(user);
          }
        },
      };
    },
  };
}
