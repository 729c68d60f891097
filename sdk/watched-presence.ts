// Who is online, of the people that somebody watches.

import type { UserId } from "#base/ids.ts";
import type { ServerFrame } from "#protocol/frames.ts";
import type { PresenceApi, PresenceOf } from "./account-types.ts";
import { maxima } from "./maxima.ts";

export class WatchedPresence implements PresenceApi {
  #watches = new Map<UserId, number>();
  #states = new Map<UserId, PresenceOf>();

  constructor(
    readonly changed: () => void,
    readonly told: (state: PresenceOf) => void,
  ) {}

  get users(): readonly UserId[] {
    return [...this.#watches.keys()];
  }

  watch(users: readonly UserId[]): () => void {
    let isWatching = true;
    for (const user of users) this.#count(user, 1);
    this.changed();
    return () => {
      if (!isWatching) return;
      isWatching = false;
      for (const user of users) this.#count(user, -1);
      this.changed();
    };
  }

  of(user: UserId): PresenceOf | undefined {
    return this.#states.get(user);
  }

  frame(frame: Extract<ServerFrame, { kind: "presence" }>): void {
    for (const state of frame.users as readonly PresenceOf[]) {
      this.#states.delete(state.user);
      this.#states.set(state.user, state);
      if (this.#states.size > maxima.presencesMax) this.#states.delete(this.#states.keys().next().value!);
      this.told(state);
    }
  }

  /** What was told before is not known to be so any more. */
  down(): void {
    this.#states.clear();
  }

  #count(user: UserId, more: number): void {
    const watches = (this.#watches.get(user) ?? 0) + more;
    if (watches > 0) this.#watches.set(user, watches);
    else this.#watches.delete(user);
  }
}
