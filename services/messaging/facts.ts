// What decisions need to know, kept near: conversations and memberships. Kept right by every change that passes
// through here: each takes the next rev, so that a missing number shows a change that somebody else made. Losing it
// costs time only (docs/decisions/0014-caches.md).

import { LRUCache } from "lru-cache";
import { Gather } from "#base/gather.ts";
import type { ConversationId, Rev, Seq, UserId } from "#base/ids.ts";
import type { Conversation, Member } from "#core/conversations/conversation.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import { advance, type Head, type Loading, newLoading, noteCommit } from "./loading.ts";

export interface FactsLimits {
  /** 0: nothing is kept. */
  readonly conversationsMax: number;
  readonly membershipsMax: number;
  readonly loadBatchMax: number;
  readonly loadQueueMax: number;
}

export interface Facts {
  readonly conversation: Conversation | null;
  readonly member: Member | null;
}

/** `membersMax`: so many members are worth bringing. */
export interface Reading {
  readonly membersMax: number;
  ended(brought: { conversation: Conversation; members: readonly Member[] | null } | null): void;
}

/** All of it is current for `head`. Memberships are read after the head, so that none is older than it. */
interface Known {
  /** null: read anew on next use. */
  conversation: Conversation | null;
  readonly head: Head;
  readonly members: Map<UserId, Member>;
  /** All members, also those who left, in the order of their numbers; null: not read. */
  roster: readonly Member[] | null;
  /** Changes of members made here: a membership read across one of them is not kept. */
  memberChanges: number;
  /** The conversation is known to stand here at least: until the head has come so far, nothing of this is used. */
  atLeast: Rev;
}
type Pair = { readonly conversation: ConversationId; readonly user: UserId };

export class FactsCache {
  readonly #limits: FactsLimits;
  readonly #mayKeep: (id: ConversationId) => boolean;
  readonly #known: LRUCache<ConversationId, Known>;
  readonly #loadConversation: Gather<ConversationId, Conversation | null>;
  readonly #loadMember: Gather<Pair, Member | null>;
  readonly #loading = new Map<ConversationId, Loading>();
  /** The last one who waits for the facts of a pair: who asks next gets them after that one (P36). */
  readonly #store: Pick<ConversationStore, "conversations" | "memberships" | "members">;
  readonly #lastWaiting = new Map<string, Promise<Facts>>();
  #memberCount = 0;
  #hits = 0;
  #misses = 0;

  constructor(
    store: Pick<ConversationStore, "conversations" | "memberships" | "members">,
    limits: FactsLimits,
    mayKeep: (id: ConversationId) => boolean = () => true,
  ) {
    this.#store = store;
    this.#limits = limits;
    this.#mayKeep = mayKeep;
    this.#known = new LRUCache({
      max: Math.max(1, limits.conversationsMax),
      dispose: ({ members }) => {
        this.#memberCount -= members.size;
        members.clear();
      },
    });
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

  /** All that is kept, with the newest numbers, if this user is known. */
  near(
    user: UserId,
    id: ConversationId,
  ): { conversation: Conversation; me: Member; roster: readonly Member[] | null } | undefined {
    const known = this.#usable(id);
    if (!known?.conversation) return undefined;
    let me = known.members.get(user);
    if (!me) {
      me = known.roster?.find((member) => member.user === user);
      if (!me) return undefined;
      this.#keepMember(known, me);
    }
    this.#hits++;
    return { conversation: { ...known.conversation, ...known.head }, me, roster: known.roster };
  }

  /** With its newest numbers. */
  async conversation(id: ConversationId): Promise<Conversation | null> {
    const known = this.#usable(id);
    return known?.conversation ? { ...known.conversation, ...known.head } : this.#read(id);
  }

  /** Everybody who is or was a member, by number; null where there are more than is worth keeping. */
  async roster(id: ConversationId): Promise<readonly Member[] | null> {
    const conversation = await this.conversation(id);
    if (!conversation || conversation.memberCount > rosterMax) return null;
    const known = this.#usable(id);
    if (known?.roster) return known.roster;
    const changesBefore = known?.memberChanges;
    const roster = await this.#store.members(id, 0, rosterMax + 1, true);
    if (roster.length > rosterMax) return null;
    if (known && this.#known.peek(id) === known && known.memberChanges === changesBefore)
      known.roster = roster;
    return roster;
  }

  /** A read elsewhere begins that brings the conversation, too: what nothing came in between of is kept. */
  reading(id: ConversationId): Reading {
    const loading = this.#beginLoading(id);
    return {
      membersMax: this.#usable(id)?.roster ? 0 : rosterMax,
      ended: (brought) => {
        if (brought && !loading.isStale) {
          this.#keep(brought.conversation, loading);
          const known = this.#known.peek(id);
          if (known && known.head.rev >= brought.conversation.rev) known.roster ??= brought.members;
        }
        this.#endLoading(id, loading);
      },
    };
  }

  head(id: ConversationId): Readonly<Head> | undefined {
    return this.#usable(id)?.head;
  }

  /** A change that this process committed (`seq` 0: no message). One that is not the next shows that others wrote. */
  committed(id: ConversationId, rev: Rev, seq: Seq): void {
    const loading = this.#loading.get(id);
    if (loading) noteCommit(loading, rev, seq);
    const known = this.#known.peek(id);
    if (!known || rev <= known.head.rev) return;
    if (rev !== known.head.rev + 1) this.#known.delete(id);
    else advance(known.head, rev, seq);
  }

  /** The conversation stands here at least: what is behind is not used until it has come so far. */
  stands(id: ConversationId, rev: Rev): void {
    const loading = this.#loading.get(id);
    if (loading && rev > loading.atLeast) loading.atLeast = rev;
    const known = this.#known.peek(id);
    if (known && rev > known.atLeast) known.atLeast = rev;
  }

  /** Before a change of members, roles or title made here is told: read anew on next use. */
  changed(id: ConversationId, users: readonly UserId[]): void {
    const loading = this.#loading.get(id);
    if (loading) loading.isStale = true;
    const known = this.#known.peek(id);
    if (!known) return;
    known.conversation = null;
    known.roster = null;
    known.memberChanges++;
    for (const user of users) if (known.members.delete(user)) this.#memberCount--;
  }

  drop(id: ConversationId): void {
    const loading = this.#loading.get(id);
    if (loading) loading.isStale = true;
    this.#known.delete(id);
  }

  dropWhere(isMeant: (id: ConversationId) => boolean): void {
    for (const [id, loading] of this.#loading) if (isMeant(id)) loading.isStale = true;
    for (const id of [...this.#known.keys()]) if (isMeant(id)) this.#known.delete(id);
  }

  ids(): Iterable<ConversationId> {
    return this.#known.keys();
  }

  stats(): { hits: number; misses: number; entries: number } {
    return { hits: this.#hits, misses: this.#misses, entries: this.#known.size + this.#memberCount };
  }

  #usable(id: ConversationId): Known | undefined {
    const known = this.#known.get(id);
    return known && known.head.rev >= known.atLeast ? known : undefined;
  }

  #atHand(user: UserId, id: ConversationId): Facts | undefined {
    const known = this.#usable(id);
    const member = known?.conversation && known.members.get(user);
    return member ? { conversation: known!.conversation, member } : undefined;
  }

  async #load(user: UserId, id: ConversationId): Promise<Facts> {
    const conversation = await this.conversation(id);
    if (!conversation) return { conversation, member: null };
    const known = this.#usable(id);
    const kept = known?.members.get(user) ?? known?.roster?.find((member) => member.user === user);
    if (kept) {
      this.#keepMember(known!, kept);
      return { conversation, member: kept };
    }
    const changesBefore = known?.memberChanges;
    const member = await this.#loadMember.ask({ conversation: id, user });
    if (member && known && this.#known.peek(id) === known && known.memberChanges === changesBefore)
      this.#keepMember(known, member);
    return { conversation, member };
  }

  async #read(id: ConversationId): Promise<Conversation | null> {
    const loading = this.#beginLoading(id);
    try {
      const row = await this.#loadConversation.ask(id);
      if (!row) return null;
      if (!loading.isStale) this.#keep(row, loading);
      const { head } = loading;
      return head.rev > row.rev
        ? { ...row, ...advance({ rev: row.rev, lastSeq: row.lastSeq }, head.rev, head.lastSeq) }
        : row;
    } finally {
      this.#endLoading(id, loading);
    }
  }

  #beginLoading(id: ConversationId): Loading {
    const loading = this.#loading.get(id) ?? newLoading();
    this.#loading.set(id, loading);
    loading.count++;
    return loading;
  }

  #endLoading(id: ConversationId, loading: Loading): void {
    if (--loading.count === 0 && this.#loading.get(id) === loading) this.#loading.delete(id);
  }

  #keep(row: Conversation, loading: Loading): void {
    const known = this.#known.peek(row.id);
    if (known && row.rev <= known.head.rev) {
      known.conversation ??= row;
      return;
    }
    const { head } = loading;
    const isWhole = head.rev <= row.rev || loading.from <= row.rev + 1;
    if (!isWhole || this.#limits.conversationsMax === 0 || !this.#mayKeep(row.id)) return;
    const fresh: Known = {
      conversation: row,
      head: advance({ rev: row.rev, lastSeq: row.lastSeq }, head.rev, head.lastSeq),
      members: new Map(),
      roster: null,
      memberChanges: 0,
      atLeast: loading.atLeast,
    };
    this.#known.set(row.id, fresh);
  }

  /** Memberships are given back with the conversations that were not asked for longest. */
  #keepMember(known: Known, member: Member): void {
    if (known.members.size >= Math.max(1, this.#limits.membershipsMax / 4)) {
      this.#memberCount -= known.members.size;
      known.members.clear();
    }
    if (!known.members.has(member.user)) this.#memberCount++;
    known.members.set(member.user, member);
    while (this.#memberCount > this.#limits.membershipsMax && this.#known.size > 0) this.#known.pop();
  }
}

/** So many members of a conversation are kept together. */
const rosterMax = 128;
