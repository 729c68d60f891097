// Catching up is the one small question with a large answer. A session has one such answer made at a time, pays for
// it by size out of its allowance, and gets a reset where it would be larger than pays to pack and send at once.

import type { CatchUp } from "#ports/message-log.ts";
import { limits } from "#protocol/limits.ts";
import type { ClientSession } from "./session.ts";

/** So many characters read cost a session as much as one more frame. */
const charsPerFrame = 64 * 1024;

/** Runs `work` after the session's earlier catch-ups. null: they have used up what it may ask for now. */
export async function inTurn<T>(session: ClientSession, work: () => Promise<T>): Promise<T | null> {
  const before = session.catchingUp;
  const turn = Promise.withResolvers<void>();
  session.catchingUp = turn.promise;
  try {
    await before;
    return session.allowance < 0 ? null : await work();
  } finally {
    turn.resolve();
    if (session.catchingUp === turn.promise) session.catchingUp = null;
  }
}

/** Charges the session for what was read, and leaves out what is too large. */
export function withinSize(session: ClientSession, caughtUp: CatchUp): CatchUp {
  const chars = caughtUp.changes.reduce((sum, it) => sum + (it.kind === "message" ? it.text.length : 0), 0);
  session.allowance -= Math.floor(chars / charsPerFrame);
  return chars <= limits.catchUpCharsMax ? caughtUp : { ...caughtUp, reset: true, changes: [] };
}
