// Sessions that were told that there is too much to do, and when to come back. What they send before that is refused
// here, at the price of a few bytes read: the id. Who goes on regardless is told so gathered, and soon is not read at
// all until shortly before its time: then many of its frames cost one read, and its own socket holds it up.

import type { Clock } from "#ports/clock.ts";
import type { SocketPayload } from "#ports/sockets.ts";
import type { ClientSession } from "./session.ts";

/** So long a refusal may wait for company, and so many are said at once at the latest. */
const sayEveryMs = 250;
const unsaidMax = 64;
/** What comes for so long, and so many sends more, may have crossed the refusal; who then goes on does not listen. */
const crossingMs = 100;
const lateMax = 3;
/** What was sent too early is read and refused before the hold ends, so that it does not take the place of others. */
const readBeforeEndMs = 50;
/** Steps of the golden section: however many follow each other, they lie evenly. */
const spreadStep = 0.618_034;

export class Holds {
  readonly #clock: Clock;
  #spread = 0;
  #unsaid: ClientSession[] = [];
  #endWait: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * From once to twice as long, so that they do not all come back in one moment; a hold is not made longer by what
   * was under way. Answers how long it lasts from now on.
   */
  hold(session: ClientSession, ms: number): number {
    const now = this.#clock.now();
    if (session.heldUntil <= now) {
      this.#spread = (this.#spread + spreadStep) % 1;
      session.heldUntil = now + Math.round(ms * (1 + this.#spread));
      session.heldAt = now;
      const goesOn = session.lateSends >= lateMax;
      session.lateSends = 0;
      if (goesOn) this.#stopReading(session);
    }
    return Math.max(1, Math.ceil(session.heldUntil - now));
  }

  /** True: it was a `send`, and is refused. Only for a session that is held. */
  refusesSend(session: ClientSession, payload: SocketPayload): boolean {
    const id = session.codec.sendIdOf(payload);
    if (id === null) return false;
    if (session.unsaid === null) {
      session.unsaid = [];
      this.#unsaid.push(session);
      this.#endWait ??= this.#clock.after(sayEveryMs, () => this.sayAll());
    }
    if (session.unsaid.push(id) >= unsaidMax) this.#say(session, []);
    if (this.#clock.now() - session.heldAt > crossingMs && ++session.lateSends === lateMax)
      this.#stopReading(session);
    return true;
  }

  /** Nothing waits any longer. */
  sayAll(): void {
    this.#endWait?.();
    this.#endWait = null;
    for (const session of this.#unsaid.splice(0)) this.#say(session, null);
  }

  #say(session: ClientSession, next: number[] | null): void {
    const ids = session.unsaid;
    session.unsaid = next;
    if (!ids || ids.length === 0 || session.state === "closed") return;
    const retryAfterMs = Math.max(1, Math.ceil(session.heldUntil - this.#clock.now()));
    session.socket.together(() => {
      for (const id of ids) session.answerEncoded(session.codec.encodeOverloaded(id, retryAfterMs));
    });
  }

  #stopReading(session: ClientSession): void {
    const forMs = session.heldUntil - this.#clock.now() - readBeforeEndMs;
    if (forMs <= 0) return;
    session.socket.pause();
    this.#clock.after(forMs, () => {
      if (session.state === "closed") return;
      session.heldUntil = Math.max(session.heldUntil, this.#clock.now() + readBeforeEndMs);
      session.socket.resume();
    });
  }
}
