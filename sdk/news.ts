// Gathers what changed during one turn of the event loop, so that a frame of a hundred changes paints once.

import type { ConversationId } from "#base/ids.ts";

export class News {
  #conversations = new Set<ConversationId>();
  #isListChanged = false;
  #isScheduled = false;

  constructor(
    readonly tellConversation: (id: ConversationId) => void,
    readonly tellList: () => void,
  ) {}

  conversation(id: ConversationId): void {
    this.#conversations.add(id);
    this.list();
  }

  list(): void {
    this.#isListChanged = true;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#tell());
  }

  #tell(): void {
    this.#isScheduled = false;
    const conversations = [...this.#conversations];
    const isListChanged = this.#isListChanged;
    this.#conversations.clear();
    this.#isListChanged = false;
    for (const id of conversations) this.tellConversation(id);
    if (isListChanged) this.tellList();
  }
}
