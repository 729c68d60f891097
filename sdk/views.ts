// The open views, and what the server is told that this client looks at because of them.

import type { ConversationId, UserId } from "#base/ids.ts";
import { limits } from "#protocol/limits.ts";
import type { Connection } from "./connection.ts";
import { View } from "./conversation-view.ts";
import type { OpenViews, Sync } from "./sync.ts";

export class Views implements OpenViews {
  #views = new Map<ConversationId, View>();
  #isLookScheduled = false;

  constructor(
    readonly sync: Sync,
    readonly connection: Connection,
    /** Whose presence is watched. */
    readonly watched: () => readonly UserId[],
  ) {}

  open(id: ConversationId): View {
    const open = this.#views.get(id);
    if (open) {
      open.users++;
      return open;
    }
    const view = new View(id, this.sync, () => this.#closed(id));
    this.#views.set(id, view);
    // Who opens a view usually says in the same breath where: then one request may bring all.
    queueMicrotask(() => view.tellViewed());
    this.look();
    return view;
  }

  has(id: ConversationId): boolean {
    return this.#views.has(id);
  }

  changed(id: ConversationId): void {
    this.#views.get(id)?.changed();
  }

  anchor(id: ConversationId): number | null {
    const anchor = this.#views.get(id)?.anchor;
    return typeof anchor === "number" ? anchor : null;
  }

  reload(id: ConversationId): void {
    this.#views.get(id)?.reload();
  }

  live(): void {
    this.look();
    for (const [id, view] of this.#views) {
      view.reload();
      this.sync.viewed(id);
    }
  }

  /** Several changes of a moment become one frame; the newest views count where there are too many. */
  look(): void {
    if (this.#isLookScheduled) return;
    this.#isLookScheduled = true;
    queueMicrotask(() => {
      this.#isLookScheduled = false;
      if (!this.connection.open) return;
      const conversations = [...this.#views.keys()].slice(-limits.lookConversationsMax);
      const users = this.watched().slice(-limits.lookUsersMax);
      this.connection.send({ kind: "look", conversations, users });
    });
  }

  #closed(id: ConversationId): void {
    this.#views.delete(id);
    this.look();
  }
}
