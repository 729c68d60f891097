// Read cursors wait here a moment and are written together: the newest value replaces, so a storm of them is one
// row each. A crash loses at most one interval; clients say their cursor again when they come back.

import type { ConversationId, Seq, UserId } from "#base/ids.ts";
import type { Clock } from "#ports/clock.ts";
import type { Inbox, ReadCursor } from "#ports/inbox.ts";

export interface ReadCursorLimits {
  readonly cursorFlushMs: number;
  readonly cursorBatchMax: number;
  /** Cursors that wait; a further conversation's is dropped (the client says it again). */
  readonly cursorsWaitingMax: number;
}

export class ReadCursors {
  readonly #inbox: Inbox;
  readonly #clock: Clock;
  readonly #limits: ReadCursorLimits;
  readonly #waiting = new Map<string, ReadCursor>();
  /** The batch before: whoever read the store while it was written may have seen the older value. */
  #written = new Map<string, ReadCursor>();
  #isScheduled = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(inbox: Inbox, clock: Clock, limits: ReadCursorLimits) {
    this.#inbox = inbox;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Hears of each cursor when it is told. */
  noted: (user: UserId, conversation: ConversationId, seq: Seq) => void = () => {};

  note(user: UserId, conversation: ConversationId, seq: Seq): void {
    this.noted(user, conversation, seq);
    const key = user + conversation;
    const waiting = this.#waiting.get(key);
    if (waiting && waiting.seq >= seq) return;
    if (!waiting && this.#waiting.size >= this.#limits.cursorsWaitingMax) return;
    this.#waiting.set(key, { user, conversation, seq });
    this.#schedule();
  }

  /** What was told of this user's cursor lately, and may be newer than what the inbox says. */
  newest(user: UserId, conversation: ConversationId): Seq | undefined {
    const key = user + conversation;
    return (this.#waiting.get(key) ?? this.#written.get(key))?.seq;
  }

  /** What `newest` knows, of all conversations of these users. */
  of(users: readonly UserId[]): readonly ReadCursor[] {
    if (this.isEmpty) return [];
    const wanted = new Set(users);
    const found = new Map<string, ReadCursor>();
    for (const known of [this.#written, this.#waiting])
      for (const [key, cursor] of known) if (wanted.has(cursor.user)) found.set(key, cursor);
    return [...found.values()];
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#written.size === 0;
  }

  /** Writes what waits now, for a stop. */
  async flush(): Promise<void> {
    await this.#writing;
    while (this.#waiting.size > 0) await this.#writeBatch();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.after(this.#limits.cursorFlushMs, () => {
      this.#writing = this.#writeBatch()
        .catch(() => {})
        .then(() => {
          this.#isScheduled = false;
          if (this.#waiting.size > 0) this.#schedule();
        });
    });
  }

  async #writeBatch(): Promise<void> {
    const batch = [...this.#waiting.values()].slice(0, this.#limits.cursorBatchMax);
    await this.#inbox.readUpTo(batch);
    this.#written = new Map();
    for (const cursor of batch) {
      const key = cursor.user + cursor.conversation;
      this.#written.set(key, cursor);
      if (this.#waiting.get(key) === cursor) this.#waiting.delete(key);
    }
  }
}
