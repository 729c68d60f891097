// Presence inside one process: a count of sessions a user, and the watchers of each. Rules P38 - P40; the state
// dies with the process (P40).

import { LRUCache } from "lru-cache";
import type { UserId } from "#base/ids.ts";
import type { Clock } from "#ports/clock.ts";
import type { Presence, PresenceState } from "#ports/presence.ts";

type Watcher = (state: PresenceState) => void;

/** `lastSeenMax` bounds for how many users the time of leaving is remembered. */
export function createMemoryPresence(clock: Pick<Clock, "now">, lastSeenMax = 100_000): Presence {
  const sessions = new Map<UserId, number>();
  const lastSeen = new LRUCache<UserId, number>({ max: lastSeenMax });
  const watchers = new Map<UserId, Set<Watcher>>();

  function stateOf(user: UserId): PresenceState {
    if (sessions.has(user)) return { user, online: true };
    const lastSeenAt = lastSeen.get(user);
    return lastSeenAt === undefined ? { user, online: false } : { user, online: false, lastSeenAt };
  }

  function tell(user: UserId): void {
    const state = stateOf(user);
    for (const watcher of watchers.get(user) ?? []) watcher(state);
  }

  return {
    sessionStarted(user) {
      const count = sessions.get(user) ?? 0;
      sessions.set(user, count + 1);
      if (count === 0) tell(user);
    },
    sessionEnded(user) {
      const count = sessions.get(user) ?? 0;
      if (count > 1) return void sessions.set(user, count - 1);
      sessions.delete(user);
      lastSeen.set(user, clock.now());
      tell(user);
    },
    watch(users, then) {
      const watched = new Set(users);
      // Its own, so that the same function may watch twice and each watch ends by itself.
      const watcher: Watcher = (state) => then(state);
      for (const user of watched) watchers.set(user, (watchers.get(user) ?? new Set()).add(watcher));
      return {
        states: Promise.resolve([...watched].map(stateOf)),
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
