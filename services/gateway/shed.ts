// Asks sessions to come back, which may be to another gateway: those with nothing under way, the longest here first,
// so that nobody is asked twice before everybody was asked once. Each loses its connection for a moment and nothing
// else.

import type { Clock } from "#ports/clock.ts";
import { closeCodes } from "#protocol/close-codes.ts";
import type { ServerFrame } from "#protocol/frames.ts";
import type { ClientSession } from "./session.ts";

/** Long enough for the answer to what crossed this frame on its way. */
const comeBack: ServerFrame = { kind: "drain", reconnectAfterMs: 100 };
const closeAfterMs = 500;

export class Shedding {
  readonly #clock: Clock;
  readonly #chosen = new WeakSet<ClientSession>();
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Each is asked at a moment of its own within the time. Answers how many. */
  shed(sessions: Iterable<ClientSession>, count: number, withinMs: number): number {
    if (this.#isOver) return 0;
    const chosen: ClientSession[] = [];
    for (const session of sessions) {
      if (chosen.length >= count) break;
      if (isIdle(session) && !this.#chosen.has(session)) chosen.push(session);
    }
    chosen.forEach((session, i) => {
      this.#chosen.add(session);
      this.#clock.after((withinMs * i) / chosen.length, () => this.#ask(session));
    });
    return chosen.length;
  }

  /**
   * Asks all of them, busy or not, and serves each until its moment; fulfils when the last has gone, or when hurried.
   * For a process that ends while others go on.
   */
  async leave(sessions: Iterable<ClientSession>, withinMs: number, hurry?: AbortSignal): Promise<void> {
    this.#isOver = true;
    const all = [...sessions].filter((session) => session.state === "live");
    if (all.length === 0 || hurry?.aborted) return;
    await new Promise<void>((gone) => {
      const cancels = all.map((session, i) =>
        this.#clock.after((withinMs * i) / all.length, () => {
          if (session.state === "live") this.#tell(session);
        }),
      );
      cancels.push(this.#clock.after(withinMs + closeAfterMs, gone));
      hurry?.addEventListener("abort", () => {
        for (const cancel of cancels) cancel();
        gone();
      });
    });
  }

  /** All are about to be asked. */
  stop(): void {
    this.#isOver = true;
  }

  #ask(session: ClientSession): void {
    if (this.#isOver) return;
    // Busy by now: the next slot finds another.
    if (!isIdle(session)) return void this.#chosen.delete(session);
    this.#tell(session);
  }

  #tell(session: ClientSession): void {
    session.answer(comeBack);
    this.#clock.after(closeAfterMs, () => {
      if (session.state !== "closed") session.socket.close(closeCodes.draining, "draining");
    });
  }
}

function isIdle(session: ClientSession): boolean {
  return session.state === "live" && session.inFlight === 0 && session.catchingUp === null;
}
