// Writes to the store, one after the other, and never lets a failing store stop the client: it tells it once,
// and the client goes on with what it has in memory.

import type { ConversationId, MessageName, UserId } from "#base/ids.ts";
import type { Account } from "./account-types.ts";
import { maxima } from "./maxima.ts";
import type { OutboxEntry, Store, StoredConversation, StoredState } from "./store.ts";
import type { Clock } from "./types.ts";

export class Keeper {
  #last: Promise<unknown> = Promise.resolve();
  #dirty = new Set<ConversationId>();
  #cancelFlush: (() => void) | null = null;
  #told = false;

  constructor(
    readonly store: Store,
    readonly clock: Clock,
    /** The conversation as it is when the time to write has come; null: nothing to keep. */
    readonly snapshot: (id: ConversationId) => StoredConversation | null,
    readonly failed: (message: string) => void,
  ) {}

  load(): Promise<StoredState> {
    const nothing: StoredState = { owner: null, account: null, outbox: [], conversations: [] };
    return this.#read(() => this.store.load(), nothing);
  }

  outbox(): Promise<readonly OutboxEntry[]> {
    return this.#read(() => this.store.outbox(), []);
  }

  setOwner(owner: UserId, account: Account | null): void {
    void this.#write(() => this.store.setOwner(owner, account));
  }

  /** Fulfils when it is kept, or cannot be. */
  putOutbox(entry: OutboxEntry): Promise<void> {
    return this.#write(() => this.store.putOutbox(entry));
  }

  removeOutbox(name: MessageName): Promise<void> {
    return this.#write(() => this.store.removeOutbox(name));
  }

  /** Many changes of a moment become one write. */
  conversationChanged(id: ConversationId): void {
    this.#dirty.add(id);
    this.#cancelFlush ??= this.clock.after(maxima.keepEveryMs, () => void this.flush());
  }

  removeConversation(id: ConversationId): void {
    this.#dirty.delete(id);
    void this.#write(() => this.store.removeConversation(id));
  }

  clear(): Promise<void> {
    this.#cancel();
    this.#dirty.clear();
    return this.#write(() => this.store.clear());
  }

  /** Writes what is waiting; fulfils when all writes so far are done. */
  flush(): Promise<void> {
    this.#cancel();
    const conversations: StoredConversation[] = [];
    for (const id of this.#dirty) {
      const snapshot = this.snapshot(id);
      if (snapshot) conversations.push(snapshot);
    }
    this.#dirty.clear();
    return this.#write(() =>
      conversations.length > 0 ? this.store.putConversations(conversations) : Promise.resolve(),
    );
  }

  #cancel(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
  }

  #write(write: () => Promise<void>): Promise<void> {
    return this.#read(write, undefined);
  }

  #read<T>(step: () => Promise<T>, otherwise: T): Promise<T> {
    const done = this.#last.then(step).catch((error: unknown) => {
      if (!this.#told) this.failed(error instanceof Error ? error.name : "the store failed");
      this.#told = true;
      return otherwise;
    });
    this.#last = done;
    return done;
  }
}
