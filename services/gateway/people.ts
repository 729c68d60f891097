// Who is here, with which sessions. What the bus says of a person is followed from their first session to their last.

import type { UserId } from "#base/ids.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { ClientSession } from "./session.ts";

export class People {
  readonly #bus: Pick<EventBus, "followUser" | "unfollowUser">;
  /** The usual person has one session here. */
  readonly #sessions = new Map<UserId, ClientSession | ClientSession[]>();

  constructor(bus: Pick<EventBus, "followUser" | "unfollowUser">) {
    this.#bus = bus;
  }

  add(session: ClientSession): void {
    const there = this.#sessions.get(session.user);
    if (Array.isArray(there)) there.push(session);
    else this.#sessions.set(session.user, there ? [there, session] : session);
    if (!there) this.#bus.followUser(session.user);
  }

  /** One that was not added changes nothing. */
  remove(session: ClientSession): void {
    const there = this.#sessions.get(session.user);
    if (Array.isArray(there)) {
      const at = there.indexOf(session);
      if (at < 0) return;
      there.splice(at, 1);
      if (there.length > 0) return;
    } else if (there !== session) return;
    this.#sessions.delete(session.user);
    this.#bus.unfollowUser(session.user);
  }

  sessionsOf(user: UserId): readonly ClientSession[] {
    const there = this.#sessions.get(user);
    return there === undefined ? [] : Array.isArray(there) ? there : [there];
  }
}
