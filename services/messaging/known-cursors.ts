// Who has read how far, of conversations that are opened lately and small enough to show it. Read cursors of a
// conversation come to the process that keeps it; one that strayed to another process is seen with the next.

import { LRUCache } from "lru-cache";
import type { ConversationId, Seq, UserId } from "#base/ids.ts";
import type { ReadCursor } from "#ports/inbox.ts";
import type { FreshInbox } from "./fresh-inbox.ts";

/** Of one conversation, before they are forgotten and read anew. */
const cursorsMax = 512;

export class KnownCursors {
  readonly #inbox: Pick<FreshInbox, "cursors">;
  readonly #mayKeep: (id: ConversationId) => boolean;
  readonly #known: LRUCache<ConversationId, Map<UserId, Seq>>;
  /** Counts what makes a read under way too old to keep. */
  #drops = 0;
  #hits = 0;
  #misses = 0;

  constructor(
    inbox: Pick<FreshInbox, "cursors">,
    conversationsMax: number,
    mayKeep: (id: ConversationId) => boolean,
  ) {
    this.#inbox = inbox;
    this.#mayKeep = (id) => conversationsMax > 0 && mayKeep(id);
    this.#known = new LRUCache({ max: Math.max(1, conversationsMax) });
  }

  /** Of whom it is known, all of them or not. */
  near(id: ConversationId): ReadonlyMap<UserId, Seq> | undefined {
    const known = this.#known.get(id);
    if (known) this.#hits++;
    return known;
  }

  async of(id: ConversationId, users: readonly UserId[]): Promise<readonly ReadCursor[]> {
    const known = this.#known.get(id);
    if (known && users.every((user) => known.has(user))) {
      this.#hits++;
      return users.map((user) => ({ user, conversation: id, seq: known.get(user)! }));
    }
    this.#misses++;
    const drops = this.#drops;
    const cursors = await this.#inbox.cursors(id, users);
    if (drops === this.#drops && this.#mayKeep(id)) this.#keep(id, cursors);
    return cursors;
  }

  #keep(id: ConversationId, cursors: readonly ReadCursor[]): void {
    let known = this.#known.get(id);
    if (!known || known.size > cursorsMax) {
      known = new Map();
      this.#known.set(id, known);
    }
    for (const { user, seq } of cursors) known.set(user, Math.max(seq, known.get(user) ?? 0) as Seq);
  }

  note(user: UserId, id: ConversationId, seq: Seq): void {
    const known = this.#known.peek(id);
    const before = known?.get(user);
    if (before !== undefined && seq > before) known!.set(user, seq);
  }

  drop(id: ConversationId): void {
    this.#drops++;
    this.#known.delete(id);
  }

  dropWhere(isMeant: (id: ConversationId) => boolean): void {
    this.#drops++;
    for (const id of [...this.#known.keys()]) if (isMeant(id)) this.#known.delete(id);
  }

  stats(): { hits: number; misses: number; entries: number } {
    return { hits: this.#hits, misses: this.#misses, entries: this.#known.size };
  }
}
