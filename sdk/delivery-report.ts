// What this session has shown, by number, for a server that asked: told after a `pong`, when what came before it has
// been taken in, and when the client stops. It keeps ranges, no text, and nothing at all where nobody asked.

import type { ConversationId } from "#base/ids.ts";
import { NumberRanges } from "#base/number-ranges.ts";
import type { WireChange } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import type { Connection, Welcome } from "./connection.ts";
import type { Feed } from "./feed.ts";
import { maxima } from "./maxima.ts";
import type { Clock } from "./types.ts";

interface Watched {
  /** Everything up to here was told, or was never to be shown one by one. */
  after: number;
  readonly shown: NumberRanges;
  /** The newest that was shown as new; a page may have shown newer ones. */
  newest: number;
  isNews: boolean;
  gapSince: number | null;
  /** Behind since the connection began: an absence, no gap. */
  isBehind: boolean;
}

/** A page that is hidden tells when at most this share of the time is left until its next report. */
const hiddenShare = 0.75;

export class DeliveryReport {
  /** 0: the server has not asked. */
  #everyMs = 0;
  #dueAt = 0;
  #postponed = 0;
  readonly #watched = new Map<ConversationId, Watched>();
  #ignored = 0;
  #doubled = 0;
  #healedMs: number[] = [];

  constructor(
    readonly parts: { readonly connection: Connection; readonly clock: Clock },
    readonly feedOf: (id: ConversationId) => Feed | undefined,
  ) {}

  /** After the heads were taken in. */
  welcome({ auditEveryMs, heads }: Welcome): void {
    this.#everyMs = auditEveryMs ?? 0;
    if (this.#everyMs === 0) return this.clear();
    this.#dueAt = this.parts.clock.now() + this.#everyMs;
    this.#postponed = 0;
    for (const { conversation } of heads) this.joined(conversation as ConversationId);
    for (const [id, watched] of this.#watched) {
      watched.isNews = true;
      watched.gapSince = null;
      watched.isBehind = this.feedOf(id)?.question != null;
    }
  }

  joined(id: ConversationId): void {
    const feed = this.feedOf(id);
    if (this.#everyMs === 0 || !feed || this.#watched.has(id)) return;
    if (this.#watched.size >= limits.auditedConversationsMax) return;
    // Not the head's number: a gateway may hear of what is already shown here later than we did.
    const after = feed.seq;
    this.#watched.set(id, {
      after,
      shown: new NumberRanges(),
      newest: after,
      isNews: true,
      gapSince: null,
      isBehind: false,
    });
  }

  left(id: ConversationId): void {
    this.#watched.delete(id);
  }

  clear(): void {
    this.#watched.clear();
    this.#ignored = this.#doubled = 0;
    this.#healedMs = [];
  }

  /** Before the feed takes them: what it has already, it will ignore. */
  received(id: ConversationId, changes: readonly WireChange[]): void {
    const rev = this.feedOf(id)?.rev;
    if (rev === undefined || !this.#watched.has(id)) return;
    for (const change of changes) if (change.kind === "message" && change.rev <= rev) this.#ignored++;
  }

  shown(id: ConversationId, seq: number, isNew: boolean): void {
    const watched = this.#watched.get(id);
    if (!watched) return;
    if (isNew && seq <= watched.newest) this.#doubled++;
    else if (isNew) watched.newest = seq;
    if (seq <= watched.after) return;
    watched.shown.add(seq, seq);
    watched.isNews = true;
    if (watched.shown.length > maxima.auditRangesMax) this.reset(id);
  }

  /** What was missed will not be shown one by one. */
  reset(id: ConversationId): void {
    const watched = this.#watched.get(id);
    if (!watched) return;
    watched.after = watched.newest = this.feedOf(id)?.seq ?? watched.after;
    watched.shown.clear();
    watched.isNews = true;
  }

  /** After a feed heard something: a gap opens or closes. */
  settled(id: ConversationId): void {
    const watched = this.#watched.get(id);
    if (!watched) return;
    const isGap = this.feedOf(id)?.question != null;
    const now = this.parts.clock.now();
    if (isGap && !watched.isBehind) watched.gapSince ??= now;
    if (isGap) return;
    if (watched.gapSince !== null && this.#healedMs.length < maxima.auditGapsMax)
      this.#healedMs.push(Math.round(now - watched.gapSince));
    watched.gapSince = null;
    watched.isBehind = false;
  }

  /** Everything that was told before this `pong` has been taken in; a gap gets the time to heal. */
  pong(): void {
    if (this.#everyMs === 0 || this.parts.clock.now() < this.#dueAt) return;
    const isHealing = [...this.#watched.values()].some((it) => it.gapSince !== null || it.isBehind);
    if (isHealing && this.#postponed++ < maxima.auditPostponedMax) return;
    this.tell();
  }

  /** The page may never be seen again; or in a moment, and again and again. */
  hidden(): void {
    if (this.#dueAt - this.parts.clock.now() <= this.#everyMs * hiddenShare) this.tell();
  }

  tell(): void {
    const { connection, clock } = this.parts;
    if (this.#everyMs === 0 || !connection.open) return;
    this.#postponed = 0;
    this.#dueAt = clock.now() + this.#everyMs;
    const news = [...this.#watched].filter(([, watched]) => watched.isNews);
    let ignored = this.#ignored;
    let doubled = this.#doubled;
    do {
      const shown = news.splice(0, limits.auditConversationsMax).map(([id, watched]) => tellOf(id, watched));
      const healedMs = this.#healedMs.splice(0, limits.auditGapsMax);
      const more = news.length > 0;
      connection.send({ kind: "audit", shown, ignored, doubled, healedMs, ...(more && { more }) });
      ignored = doubled = 0;
    } while (news.length > 0);
    this.#ignored = this.#doubled = 0;
  }
}

/** What stands without a hole above `after` is told once; what stands above a hole is told again until it heals. */
function tellOf(conversation: ConversationId, watched: Watched) {
  const { after, shown } = watched;
  const ranges = shown.list.slice(0, limits.auditRangesMax);
  watched.isNews = shown.length > ranges.length;
  const first = ranges[0];
  if (first?.from === after + 1) {
    watched.after = first.to;
    shown.remove(first.from, first.to);
  }
  return { conversation, after, ranges };
}
