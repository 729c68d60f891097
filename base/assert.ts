// A failed assert is a bug in Banyan, never a user's mistake: it is on in production too.

export class AssertionFailed extends Error {
  override name = "AssertionFailed";
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message);
}

/** Closes a switch over a union: a new case that nobody handles fails to compile. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable case: ${String(value)}`);
}
