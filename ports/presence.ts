// Who is online, told only to who looks. Rules P38 - P40 and P60 - P62 in ports/SPEC.md.
//
// P38 a user is online while at least one session is; going offline is told after the last one ended.
// P39 watching answers with the present state at once, then tells each change; unwatched users cost nothing.
// P40 the state of a process that died is forgotten within a bounded time.
// P60 who comes back within the grace after the last session's end was never away: nobody is told anything.
// P61 a lost or empty shared memory fails no call and answers with what this process knows; it heals by itself.
// P62 a dead process's users are told to be offline when their state is forgotten; any number may forget at once.

import type { UserId } from "#base/ids.ts";

export interface PresenceState {
  readonly user: UserId;
  readonly online: boolean;
  /** Milliseconds since 1970, when the last session ended; known for who was here lately. */
  readonly lastSeenAt?: number;
}

export interface Presence {
  sessionStarted(user: UserId): void;
  sessionEnded(user: UserId): void;
  /**
   * The states now; `then` gets later changes until the returned function is called, none before the states. What
   * changes and changes back before it could be told is not told. `states` never rejects and never hangs.
   */
  watch(
    users: readonly UserId[],
    then: (state: PresenceState) => void,
  ): { states: Promise<readonly PresenceState[]>; end: () => void };
}

/** The work beside: whoever has the role `presence` does it every second or so. */
export interface PresenceUpkeep {
  /** Forgets the state of processes that died, telling of each user who was online there only. How many users. */
  forgetDead(): Promise<number>;
}
