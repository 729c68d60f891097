// Who is online, told only to who looks. Rules P38 - P40 in ports/SPEC.md.
//
// P38 a user is online while at least one session is; going offline is told after the last one ended.
// P39 watching answers with the present state at once, then tells each change; unwatched users cost nothing.
// P40 the state of a process that died is forgotten within a bounded time.

import type { UserId } from "#base/ids.ts";

export interface PresenceState {
  readonly user: UserId;
  readonly online: boolean;
  /** Milliseconds since 1970; known for who was here since the process started. */
  readonly lastSeenAt?: number;
}

export interface Presence {
  sessionStarted(user: UserId): void;
  sessionEnded(user: UserId): void;
  /** The states now; `then` gets later changes until the returned function is called. */
  watch(
    users: readonly UserId[],
    then: (state: PresenceState) => void,
  ): { states: Promise<readonly PresenceState[]>; end: () => void };
}
