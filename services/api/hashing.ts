// Hashing passwords is the dearest thing the API does: so many at once, so many waiting, and beyond that a "later"
// at once. A storm of log-ins waits here and nowhere else.

import { ok, type Result, refused } from "#base/result.ts";
import type { Passwords } from "#ports/passwords.ts";

/** How many may wait for each that is being hashed: about a second's worth. */
const waitingPerPlace = 32;

export interface Hashing {
  hash(password: string): Promise<Result<string, "overloaded">>;
  verify(password: string, passwordHash: string | null): Promise<Result<boolean, "overloaded">>;
}

export function openHashing(passwords: Passwords, concurrency: number): Hashing {
  const waiting: (() => void)[] = [];
  let busy = 0;

  async function inTurn<T>(work: () => Promise<T>): Promise<Result<T, "overloaded">> {
    if (waiting.length >= concurrency * waitingPerPlace) return refused("overloaded");
    if (busy < concurrency) busy++;
    else await new Promise<void>((begin) => waiting.push(begin));
    try {
      return ok(await work());
    } finally {
      const next = waiting.shift();
      if (next) next();
      else busy--;
    }
  }

  return {
    hash: (password) => inTurn(() => passwords.hash(password)),
    verify: (password, passwordHash) => inTurn(() => passwords.verify(password, passwordHash)),
  };
}
