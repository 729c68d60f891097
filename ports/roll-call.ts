// Which processes there are: each tells of itself, and hears of the others. Nothing is stored, and nobody leads.
// Rules P53 - P55 in ports/SPEC.md.
//
// P53 who announces itself is soon known to every other process, with its newest card, and to itself at once.
// P54 who falls silent is forgotten within a bounded time; onChange tells.
// P55 leaving, or a card told by tell(), is known at once, not with the next round.

export type ProcessState = "serving" | "leaving";

export interface Card {
  /** Random, anew with each start. */
  readonly instance: string;
  readonly roles: readonly string[];
  /** leaving: it finishes what it has and takes nothing new. */
  readonly state: ProcessState;
  /** Logged-in sessions that it holds. */
  readonly sessions: number;
  /** Where it is reached for what is not on the bus (health, metrics). */
  readonly url?: string;
  readonly version: string;
  /** The codecs in which it must find each change; left out by a release that wants all of them. */
  readonly codecs?: readonly string[];
}

/** A card as heard. */
export interface HeardCard extends Card {
  /** When it was last heard, in milliseconds since 1970 by the clock of who heard it. */
  readonly at: number;
}

export interface RollCall {
  /** From now on this process tells of itself; `read` is asked for each telling. */
  announce(read: () => Card): void;
  /** Tells anew at once, since the card has changed. */
  tell(): void;
  /** The last word: the others forget this process. It goes on hearing. */
  leave(): void;
  /** Those known to live, this one too where it has announced itself, in the order of their names. */
  processes(): readonly HeardCard[];
  /** `then` is called when someone came, went, or changed state, roles, url or version; the returned function ends it. */
  onChange(then: () => void): () => void;
}
