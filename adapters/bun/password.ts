// Slow password hashing by the runtime: argon2id, off the main thread. The cost follows OWASP's Password Storage
// Cheat Sheet (19 MiB, two passes, one lane) unless configured otherwise.

import type { Passwords } from "#ports/passwords.ts";

export interface PasswordCost {
  readonly memoryKiB: number;
  readonly passes: number;
}

export const owaspCost: PasswordCost = { memoryKiB: 19_456, passes: 2 };

export function openPasswords(cost: PasswordCost = owaspCost): Passwords {
  return {
    hash: (password) =>
      Bun.password.hash(password, {
        algorithm: "argon2id",
        memoryCost: cost.memoryKiB,
        timeCost: cost.passes,
      }),
    verify: async (password, passwordHash) => {
      const same = await Bun.password.verify(password, passwordHash ?? nobodysHash(cost));
      return same && passwordHash !== null;
    },
  };
}

/** A well-formed hash that no known password has, of the same cost: verifying against it takes as long. */
function nobodysHash({ memoryKiB, passes }: PasswordCost): string {
  const zeros = "A".repeat(43);
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=1$${zeros}$${zeros}`;
}
