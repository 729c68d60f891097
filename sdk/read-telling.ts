// Tells the server how far the person has read: the newest value only, not more often than needed, and again until
// the server repeats it (a `read` has no answer of its own, and may be lost with a connection or a busy server).

import type { ConversationId } from "#base/ids.ts";
import type { Connection } from "./connection.ts";
import { maxima } from "./maxima.ts";
import type { Clock } from "./types.ts";

export class ReadTelling {
  /** Conversations whose cursor the server has not repeated yet. At most as many as are known. */
  #untold = new Set<ConversationId>();
  #cancel: (() => void) | null = null;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(
    readonly parts: { readonly connection: Connection; readonly clock: Clock },
    readonly readSeq: (id: ConversationId) => number,
  ) {}

  note(id: ConversationId, withinMs: number = maxima.readEveryMs): void {
    this.#untold.add(id);
    this.#tellWithin(withinMs);
  }

  /** The server says that it has the cursor at `seq`. */
  confirmed(id: ConversationId, seq: number): void {
    if (seq >= this.readSeq(id)) this.#untold.delete(id);
  }

  tell(): void {
    this.stop();
    if (!this.parts.connection.open) return;
    for (const id of this.#untold) {
      const seq = this.readSeq(id);
      if (seq > 0) this.parts.connection.send({ kind: "read", conversation: id, seq });
      else this.#untold.delete(id);
    }
    if (this.#untold.size > 0) this.#tellWithin(maxima.readAgainMs);
  }

  forget(id: ConversationId): void {
    this.#untold.delete(id);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  /** Something newer need not wait for a repetition of something older. */
  #tellWithin(withinMs: number): void {
    const dueAt = this.parts.clock.now() + withinMs;
    if (dueAt >= this.#dueAt) return;
    this.stop();
    this.#dueAt = dueAt;
    this.#cancel = this.parts.clock.after(withinMs, () => this.tell());
  }
}
