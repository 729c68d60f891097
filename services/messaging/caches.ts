// The caches of a messaging process together, and what keeps them right while other processes may write the same
// conversations: a conversation's rev counts every change, so one number tells whether anything is missing here.
//  - what this process commits takes the next rev; a missing one drops the conversation;
//  - what another process announces of a bucket kept here drops the conversation at once;
//  - only buckets that this process has listened to for a while are kept at all;
//  - what a lost announcement left behind is found by a round over all that is kept.

import { bucketOf, type ConversationId, type Rev, type Seq } from "#base/ids.ts";
import type { Conversation } from "#core/conversations/conversation.ts";
import type { Change } from "#core/messages/message.ts";
import type { Clock } from "#ports/clock.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { MessageLog } from "#ports/message-log.ts";
import { FactsCache, type FactsLimits } from "./facts.ts";
import type { FreshInbox } from "./fresh-inbox.ts";
import { KnownCursors } from "./known-cursors.ts";
import { RecentChanges, type RecentLimits } from "./recent-changes.ts";

export interface CacheLimits extends FactsLimits, RecentLimits {
  /** How long a bucket is listened to before its conversations are kept. */
  readonly settleMs: number;
  /** All that is kept is compared with the store so often, where others may write; 0: never. */
  readonly checkEveryMs: number;
}

export interface CacheParts {
  readonly log: MessageLog;
  readonly store: ConversationStore;
  readonly bus: Pick<EventBus, "followBuckets">;
  readonly clock: Clock;
  readonly limits: CacheLimits;
}

const checkBatchMax = 1_000;

export class Caches {
  readonly facts: FactsCache;
  readonly recent: RecentChanges;
  readonly cursors: KnownCursors;
  readonly #parts: CacheParts;
  /** null: nobody else writes. */
  #owned: ReadonlySet<number> | null = null;
  /** Owned, and listened to for long enough. */
  #settled = new Set<number>();
  /** Committed here since the last round: their numbers had no gap, so they need no look. */
  #provenLately = new Set<ConversationId>();
  #endRound: (() => void) | null = null;
  checks = 0;

  constructor(parts: CacheParts, inbox: Pick<FreshInbox, "cursors">) {
    this.#parts = parts;
    const mayKeep = (id: ConversationId) => this.#owned === null || this.#settled.has(bucketOf(id));
    this.facts = new FactsCache(parts.store, parts.limits, mayKeep);
    this.recent = new RecentChanges(parts.log, this.facts, parts.limits, mayKeep);
    this.cursors = new KnownCursors(inbox, parts.limits.conversationsMax, mayKeep);
  }

  /** Several processes write from now on, this one mostly these buckets. */
  own(buckets: ReadonlySet<number>): void {
    const before = this.#owned ?? new Set<number>();
    const isFirst = this.#owned === null;
    this.#owned = new Set(buckets);
    this.#parts.bus.followBuckets(this.#owned, (id) => this.drop(id));
    this.#settled = new Set([...this.#settled].filter((bucket) => buckets.has(bucket)));
    this.#dropWhere((id) => !this.#settled.has(bucketOf(id)));
    const fresh = [...buckets].filter((bucket) => !before.has(bucket));
    this.#parts.clock.after(this.#parts.limits.settleMs, () => {
      for (const bucket of fresh) if (this.#owned?.has(bucket)) this.#settled.add(bucket);
    });
    if (isFirst) this.#scheduleRound();
  }

  /** Facts first: a sender that is answered finds its own number in both. */
  committed(id: ConversationId, change: Change): void {
    this.facts.committed(id, change.rev, (change.kind === "message" ? change.seq : 0) as Seq);
    this.recent.committed(id, change);
    if (change.kind === "member") this.cursors.drop(id);
    if (this.#endRound) this.#provenLately.add(id);
  }

  /** A number read or heard of: what is older here is not used any more. */
  stands(id: ConversationId, rev: Rev): void {
    this.facts.stands(id, rev);
    this.recent.stands(id, rev);
  }

  drop(id: ConversationId): void {
    this.facts.drop(id);
    this.recent.drop(id);
    this.cursors.drop(id);
  }

  dropAll(): void {
    this.#dropWhere(() => true);
  }

  /** Read from the store, whatever is kept. */
  async fresh(ids: readonly ConversationId[]): Promise<readonly (Conversation | null)[]> {
    const conversations = await this.#parts.store.conversations(ids);
    for (const conversation of conversations)
      if (conversation) this.stands(conversation.id, conversation.rev);
    return conversations;
  }

  stop(): void {
    this.#endRound?.();
    this.#endRound = null;
  }

  #dropWhere(isMeant: (id: ConversationId) => boolean): void {
    this.facts.dropWhere(isMeant);
    this.recent.dropWhere(isMeant);
    this.cursors.dropWhere(isMeant);
  }

  #scheduleRound(): void {
    const { clock, limits } = this.#parts;
    if (limits.checkEveryMs === 0) return;
    this.#endRound = clock.after(limits.checkEveryMs, () => {
      const again = () => {
        if (this.#endRound) this.#scheduleRound();
      };
      // What cannot be compared is not trusted.
      this.#round().then(again, () => {
        this.dropAll();
        again();
      });
    });
  }

  async #round(): Promise<void> {
    const proven = this.#provenLately;
    this.#provenLately = new Set();
    const ids = [...new Set([...this.facts.ids(), ...this.recent.ids()])].filter((id) => !proven.has(id));
    for (let from = 0; from < ids.length; from += checkBatchMax) {
      await this.fresh(ids.slice(from, from + checkBatchMax));
      this.checks++;
    }
  }
}
