// What decisions need to know, kept near: conversations and memberships. Loaded once for all who ask at the same
// time; kept right by every change that passes through here. Losing it costs time only.

import { LRUCache } from "lru-cache";
import { Gather } from "#base/gather.ts";
import type { ConversationId, Rev, Seq, UserId } from "#base/ids.ts";
import type { Conversation, Member } from "#core/conversations/conversation.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";

export interface FactsLimits {
  readonly conversationsMax: number;
  readonly membershipsMax: number;
  readonly loadBatchMax: number;
  readonly loadQueueMax: number;
}

export interface Facts {
  readonly conversation: Conversation | null;
  readonly member: Member | null;
}

export interface Head {
  rev: Rev;
  lastSeq: Seq;
}

type Known = { readonly conversation: Conversation; readonly head: Head };
type Pair = { readonly conversation: ConversationId; readonly user: UserId };
/** A load under way: what happens meanwhile is noted here, so that an older answer does not cover it. */
type Loading = { count: number; isStale: boolean; head: Head | null };

export class FactsCache {
  readonly #conversations: LRUCache<ConversationId, Known>;
  readonly #members: LRUCache<string, Member>;
  readonly #loadConversation: Gather<ConversationId, Conversation | null>;
  readonly #loadMember: Gather<Pair, Member | null>;
  readonly #loading = new Map<ConversationId, Loading>();
  /** The last one who waits for the facts of a pair: who asks next gets them after that one (P36). */
  readonly #lastWaiting = new Map<string, Promise<Facts>>();
  #hits = 0;
  #misses = 0;

  constructor(store: ConversationStore, limits: FactsLimits) {
    this.#conversations = new LRUCache({ max: limits.conversationsMax });
    this.#members = new LRUCache({ max: limits.membershipsMax });
    const bounds = { batchMax: limits.loadBatchMax, queueMax: limits.loadQueueMax };
    this.#loadConversation = new Gather({ work: (ids) => store.conversations(ids), ...bounds });
    this.#loadMember = new Gather({ work: (pairs) => store.memberships(pairs), ...bounds });
  }

  /**
   * The facts themselves when they are at hand, so that the usual send does not wait even for a microtask. Answers
   * for one user and conversation come in the order of the questions.
   */
  of(user: UserId, id: ConversationId): Facts | Promise<Facts> {
    const key = id + user;
    const before = this.#lastWaiting.get(key);
    const known = before ? undefined : this.#atHand(user, id);
    if (known) {
      this.#hits++;
      return known;
    }
    this.#misses++;
    const load = () => this.#atHand(user, id) ?? this.#load(user, id);
    const facts = before ? before.then(load, load) : this.#load(user, id);
    this.#lastWaiting.set(key, facts);
    const forget = () => {
      if (this.#lastWaiting.get(key) === facts) this.#lastWaiting.delete(key);
    };
    facts.then(forget, forget);
    return facts;
  }

  #atHand(user: UserId, id: ConversationId): Facts | undefined {
    const known = this.#conversations.get(id);
    const member = this.#members.get(id + user);
    return known && member ? { conversation: known.conversation, member } : undefined;
  }

  stats(): { hits: number; misses: number; entries: number } {
    return { hits: this.#hits, misses: this.#misses, entries: this.#conversations.size + this.#members.size };
  }

  /** With its newest numbers. */
  async conversation(id: ConversationId): Promise<Conversation | null> {
    const known = this.#conversations.get(id) ?? (await this.#read(id, () => this.#loadConversation.ask(id)));
    if (!known) return null;
    return "head" in known ? { ...known.conversation, ...known.head } : known;
  }

  head(id: ConversationId): Readonly<Head> | undefined {
    return this.#conversations.get(id)?.head;
  }

  noteHead(id: ConversationId, rev: Rev, lastSeq: Seq): void {
    const loading = this.#loading.get(id);
    if (loading) loading.head = newerHead(loading.head ?? { rev, lastSeq }, rev, lastSeq);
    const known = this.#conversations.peek(id);
    if (known) newerHead(known.head, rev, lastSeq);
  }

  /** After a change of members, roles or title: read anew on next use. */
  forget(id: ConversationId, users: readonly UserId[]): void {
    const loading = this.#loading.get(id);
    if (loading) loading.isStale = true;
    this.#conversations.delete(id);
    for (const user of users) this.#members.delete(id + user);
  }

  /** After a write of unknown outcome: any membership may have changed. */
  forgetMembers(): void {
    for (const loading of this.#loading.values()) loading.isStale = true;
    this.#members.clear();
  }

  async #load(user: UserId, id: ConversationId): Promise<Facts> {
    const [conversation, member] = await Promise.all([
      this.conversation(id),
      this.#read(id, () => this.#loadMember.ask({ conversation: id, user })),
    ]);
    return { conversation, member };
  }

  async #read<T extends Conversation | Member>(
    id: ConversationId,
    ask: () => Promise<T | null>,
  ): Promise<T | null> {
    const loading = this.#loading.get(id) ?? { count: 0, isStale: false, head: null };
    this.#loading.set(id, loading);
    loading.count++;
    try {
      const row = await ask();
      if (row && !loading.isStale) this.#keep(row, loading.head);
      return row;
    } finally {
      if (--loading.count === 0 && this.#loading.get(id) === loading) this.#loading.delete(id);
    }
  }

  #keep(row: Conversation | Member, head: Head | null): void {
    if ("member" in row) {
      this.#members.set(row.conversation + row.user, row);
      return;
    }
    if (this.#conversations.has(row.id)) return;
    const known = { conversation: row, head: { rev: row.rev, lastSeq: row.lastSeq } };
    if (head) newerHead(known.head, head.rev, head.lastSeq);
    this.#conversations.set(row.id, known);
  }
}

function newerHead(head: Head, rev: Rev, lastSeq: Seq): Head {
  if (rev > head.rev) head.rev = rev;
  if (lastSeq > head.lastSeq) head.lastSeq = lastSeq;
  return head;
}
