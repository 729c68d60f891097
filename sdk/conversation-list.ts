// The list of conversations, and what one does with a conversation as a whole.

import type { ConversationId, UserId } from "#base/ids.ts";
import { ok } from "#base/result.ts";
import type {
  ConversationItem,
  ConversationKind,
  Conversations,
  Member,
  Role,
} from "./conversation-types.ts";
import type { Answer } from "./refusals.ts";
import type { Sync } from "./sync.ts";

export class ConversationList implements Conversations {
  #list: readonly ConversationItem[] | null = null;

  constructor(readonly sync: Sync) {}

  get list(): readonly ConversationItem[] {
    this.#list ??= this.#read();
    return this.#list;
  }

  get complete(): boolean {
    return this.sync.isComplete;
  }

  item(id: ConversationId): ConversationItem | undefined {
    return this.sync.known.get(id)?.item;
  }

  /** The next reader gets a new list. */
  changed(): void {
    this.#list = null;
  }

  async create(wish: {
    kind: ConversationKind;
    title?: string;
    users: readonly UserId[];
  }): Answer<ConversationId> {
    const created = await this.sync.parts.api.create(wish);
    if (!created.ok) return created;
    this.sync.summary(created.value);
    this.sync.views.live();
    return ok(created.value.conversation);
  }

  async join(id: ConversationId): Answer<void> {
    const joined = await this.sync.parts.api.join(id);
    if (!joined.ok) return joined;
    this.sync.summary(joined.value);
    this.sync.views.live();
    return ok(undefined);
  }

  async leave(id: ConversationId): Answer<void> {
    const left = await this.sync.parts.api.leave(id);
    if (left.ok) this.sync.gone(id);
    return left;
  }

  rename(id: ConversationId, title: string): Answer<void> {
    return this.sync.parts.api.rename(id, title);
  }

  addMembers(id: ConversationId, users: readonly UserId[]): Answer<void> {
    return this.sync.parts.api.addMembers(id, users);
  }

  removeMember(id: ConversationId, user: UserId): Answer<void> {
    return this.sync.parts.api.removeMember(id, user);
  }

  setRole(id: ConversationId, user: UserId, role: Role): Answer<void> {
    return this.sync.parts.api.setRole(id, user, role);
  }

  async members(
    id: ConversationId,
    page: { after?: number; limit?: number } = {},
  ): Answer<{ members: readonly Member[]; next?: number }> {
    const rev = this.sync.known.get(id)?.feed.rev ?? 0;
    const read = await this.sync.parts.api.members(id, page);
    if (read.ok) this.sync.known.get(id)?.members.read(read.value.members, [], rev);
    return read;
  }

  #read(): readonly ConversationItem[] {
    const items: ConversationItem[] = [];
    for (const known of this.sync.known.values()) {
      const { item } = known;
      if (!item) continue;
      items.push(item);
      const author = item.lastMessage?.author;
      const isNamed = item.lastAuthorName !== undefined || author === known.me || item.kind === "direct";
      if (author !== undefined && !isNamed && known.members.want(author)) this.sync.background.members(known);
    }
    return items.sort((a, b) => b.activeAt - a.activeAt || (a.id < b.id ? 1 : -1));
  }
}
