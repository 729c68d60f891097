// The ring of recent changes: for conversations that live, their newest messages and what changed lately, so that
// opening one or coming back after a short break touches no database. Filled by what this process commits, and by
// one read for all who ask at the same time. Losing it costs time only (docs/decisions/0014-caches.md).

import { LRUCache } from "lru-cache";
import type { ConversationId, MemberNo, Rev, Seq } from "#base/ids.ts";
import type { Change, Message } from "#core/messages/message.ts";
import type { CatchUp, MessageLog, Page, PageFrom, Recent } from "#ports/message-log.ts";
import type { FactsCache } from "./facts.ts";
import { Ring } from "./ring.ts";

export interface RecentLimits {
  /** Messages kept of one conversation; 0: none of any. */
  readonly recentMessagesMax: number;
  readonly recentConversationsMax: number;
  /** Over all conversations, about. */
  readonly recentBytesMax: number;
}

/** A read under way: what happens meanwhile is applied to what it brings. */
interface Loading {
  readonly changes: Change[];
  isStale: boolean;
  atLeast: Rev;
  ring: Promise<Kept | null>;
}
interface Kept {
  readonly ring: Ring;
  /** The conversation is known to stand here at least: a ring that has not come so far says nothing. */
  atLeast: Rev;
}

const changesWhileLoadingMax = 1_000;
/** Read at once, unless more are asked for: a page and some. */
const loadedMessages = 64;

export class RecentChanges {
  readonly #log: MessageLog;
  readonly #limits: RecentLimits;
  /** Learns what a read brings besides messages. */
  readonly #facts: Pick<FactsCache, "reading">;
  readonly #mayKeep: (id: ConversationId) => boolean;
  readonly #kept: LRUCache<ConversationId, Kept>;
  readonly #loading = new Map<ConversationId, Loading>();
  /** Whose changes were asked of the log lately: asked again, they are worth a ring. */
  readonly #askedLately = new LRUCache<ConversationId, true>({ max: 1_000 });
  #bytes = 0;
  #hits = 0;
  #misses = 0;

  constructor(
    log: MessageLog,
    facts: Pick<FactsCache, "reading">,
    limits: RecentLimits,
    mayKeep: (id: ConversationId) => boolean,
  ) {
    this.#log = log;
    this.#facts = facts;
    this.#limits = limits;
    this.#mayKeep = mayKeep;
    this.#kept = new LRUCache({
      max: Math.max(1, limits.recentConversationsMax),
      dispose: ({ ring }) => {
        this.#bytes -= ring.bytes;
      },
    });
  }

  /** Somebody opens it: its newest messages, and the facts with them, in one read. */
  async bring(id: ConversationId): Promise<void> {
    if (this.#isWanted(id) && !this.#ring(id)) await this.#load(id);
  }

  pageAtHand(id: ConversationId, from: PageFrom, count: number, reader: MemberNo): Page | undefined {
    const held = this.#ring(id)?.page(from, count, reader);
    return held ? this.#hit(held) : undefined;
  }

  newestAtHand(id: ConversationId): Message | null | undefined {
    const held = this.#ring(id)?.newest();
    return held === undefined ? undefined : this.#hit(held);
  }

  async page(id: ConversationId, from: PageFrom, count: number, reader: MemberNo): Promise<Page | null> {
    const held = this.#ring(id)?.page(from, count, reader);
    if (held) return this.#hit(held);
    this.#misses++;
    if (from === "head" && count <= this.#limits.recentMessagesMax && this.#isWanted(id)) {
      const page = (await this.#load(id, count))?.ring.page(from, count, reader);
      if (page) return page;
    }
    return this.#heard(id, await this.#log.page(id, from, count, reader));
  }

  async since(
    id: ConversationId,
    rev: Rev,
    seq: Seq,
    reader: MemberNo,
    rowsMax: number,
  ): Promise<CatchUp | null> {
    const ring = this.#ring(id);
    const held = ring?.since(rev, seq, reader, rowsMax);
    if (held) return this.#hit(held);
    this.#misses++;
    if (!(ring && rev >= ring.rev) && this.#isWanted(id) && this.#isAskedAgain(id)) {
      const caughtUp = (await this.#load(id))?.ring.since(rev, seq, reader, rowsMax);
      if (caughtUp) return caughtUp;
    }
    return this.#heard(id, await this.#log.since(id, rev, seq, reader, rowsMax));
  }

  async newest(ids: readonly ConversationId[]): Promise<readonly (Message | null)[]> {
    const held = ids.map((id) => this.#ring(id)?.newest());
    const missing = ids.filter((_, i) => held[i] === undefined);
    this.#hits += ids.length - missing.length;
    this.#misses += missing.length;
    if (missing.length === 0) return held as (Message | null)[];
    const [only] = missing;
    if (missing.length === 1 && this.#isWanted(only!)) {
      // Who asks for one conversation opens it: its page is wanted next.
      const newest = (await this.#load(only!))?.ring.newest();
      if (newest !== undefined) return held.map((message) => (message === undefined ? newest : message));
    }
    const read = await this.#log.newest(missing);
    let next = 0;
    return held.map((message) => (message === undefined ? read[next++]! : message));
  }

  /** A change that this process committed, in the order of their revs. */
  committed(id: ConversationId, change: Change): void {
    const loading = this.#loading.get(id);
    if (loading) {
      if (loading.changes.push(change) > changesWhileLoadingMax) loading.isStale = true;
    }
    const kept = this.#kept.get(id);
    if (kept) this.#apply(id, kept, change);
    else if (!loading && change.kind === "message" && isNew(change) && this.#isWanted(id)) {
      const { kind: _, ...message } = change;
      this.#keep(id, { ring: Ring.begun(message, this.#limits.recentMessagesMax), atLeast: change.rev });
    }
  }

  /** The conversation stands here at least: rings that are behind are not asked until they have come so far. */
  stands(id: ConversationId, rev: Rev): void {
    const loading = this.#loading.get(id);
    if (loading && rev > loading.atLeast) loading.atLeast = rev;
    const kept = this.#kept.peek(id);
    if (kept && rev > kept.atLeast) kept.atLeast = rev;
  }

  drop(id: ConversationId): void {
    const loading = this.#loading.get(id);
    if (loading) loading.isStale = true;
    this.#kept.delete(id);
  }

  dropWhere(isMeant: (id: ConversationId) => boolean): void {
    for (const [id, loading] of this.#loading) if (isMeant(id)) loading.isStale = true;
    for (const id of [...this.#kept.keys()]) if (isMeant(id)) this.#kept.delete(id);
  }

  ids(): Iterable<ConversationId> {
    return this.#kept.keys();
  }

  stats(): { hits: number; misses: number; entries: number } {
    return { hits: this.#hits, misses: this.#misses, entries: this.#kept.size };
  }

  get bytes(): number {
    return this.#bytes;
  }

  #ring(id: ConversationId): Ring | undefined {
    const kept = this.#kept.get(id);
    return kept && kept.ring.rev >= kept.atLeast ? kept.ring : undefined;
  }

  #isWanted(id: ConversationId): boolean {
    const { recentMessagesMax, recentConversationsMax, recentBytesMax } = this.#limits;
    return recentMessagesMax > 0 && recentConversationsMax > 0 && recentBytesMax > 0 && this.#mayKeep(id);
  }

  #isAskedAgain(id: ConversationId): boolean {
    const before = this.#askedLately.has(id);
    this.#askedLately.set(id, true);
    return before;
  }

  #load(id: ConversationId, count = 0): Promise<Kept | null> {
    const before = this.#loading.get(id);
    if (before) return before.ring;
    const loading: Loading = { changes: [], isStale: false, atLeast: 0 as Rev, ring: Promise.resolve(null) };
    this.#loading.set(id, loading);
    loading.ring = this.#read(id, Math.max(count, loadedMessages), loading).finally(() =>
      this.#loading.delete(id),
    );
    return loading.ring;
  }

  async #read(id: ConversationId, count: number, loading: Loading): Promise<Kept | null> {
    const recent = await this.#readLog(id, Math.min(count, this.#limits.recentMessagesMax));
    if (!recent || loading.isStale || !this.#mayKeep(id)) return null;
    const ring = Ring.read(recent, this.#limits.recentMessagesMax);
    if (!loading.changes.every((change) => ring.apply(change)) || ring.rev < loading.atLeast) return null;
    const kept = { ring, atLeast: ring.rev };
    this.#keep(id, kept);
    return kept;
  }

  async #readLog(id: ConversationId, count: number): Promise<Recent | null> {
    const reading = this.#facts.reading(id);
    let recent: Recent | null = null;
    try {
      recent = await this.#log.recent(id, count, reading.membersMax);
    } finally {
      reading.ended(recent);
    }
    return recent;
  }

  #keep(id: ConversationId, kept: Kept): void {
    this.#kept.delete(id);
    this.#bytes += kept.ring.bytes;
    this.#kept.set(id, kept);
    this.#makeRoom();
  }

  #apply(id: ConversationId, kept: Kept, change: Change): void {
    const before = kept.ring.bytes;
    const isNext = kept.ring.apply(change);
    this.#bytes += kept.ring.bytes - before;
    if (!isNext) this.#kept.delete(id);
    this.#makeRoom();
  }

  /** Those that were not asked for longest go first. */
  #makeRoom(): void {
    while (this.#bytes > this.#limits.recentBytesMax && this.#kept.size > 0) this.#kept.pop();
  }

  #hit<T>(answer: T): T {
    this.#hits++;
    return answer;
  }

  #heard<T extends Page | CatchUp | null>(id: ConversationId, answer: T): T {
    if (answer) this.stands(id, answer.rev);
    return answer;
  }
}

function isNew(change: Extract<Change, { kind: "message" }>): boolean {
  return change.editedAt === undefined && change.deletedAt === undefined;
}
