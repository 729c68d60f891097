// The delivery audit: a sample of sessions tells, by number, what it has shown, and the gateway compares that with the
// heads that it knows. A lie costs its teller the audit and the server a count; nothing is asked of the store but,
// seldom, whether a number that nobody here knows exists.

import type { ConversationId, SessionId } from "#base/ids.ts";
import type { Clock } from "#ports/clock.ts";
import type { Messaging } from "#ports/messaging.ts";
import type { ClientFrame } from "#protocol/frames.ts";
import { limits as wire } from "#protocol/limits.ts";
import { type Judged, Witness } from "./audit-witness.ts";
import type { Hub } from "./hub.ts";
import type { ClientSession } from "./session.ts";

type AuditFrame = Extract<ClientFrame, { kind: "audit" }>;
type Shown = AuditFrame["shown"][number];

export interface AuditLimits {
  /** So many of a thousand sessions are asked; 0: none, and nobody's report is taken. */
  readonly auditPerMille: number;
  /** Below this many audited sessions everybody is asked: a small server learns something, too. */
  readonly auditSessionsMin: number;
  readonly auditSessionsMax: number;
  readonly auditEveryMs: number;
  /** A number that was known here so long before a report, and is not in it, is lost. */
  readonly auditLostAfterMs: number;
  /** One session may tell of so many; beyond it is disbelieved. */
  readonly auditLostMax: number;
}

/** What is worth more than a count. */
export interface AuditEvents {
  gapHealed(ms: number): void;
  lost(what: {
    session: SessionId;
    conversation: ConversationId;
    /** The first number that is missing. */
    seq: number;
    count: number;
  }): void;
}

export interface AuditNeeds {
  readonly hub: Hub;
  readonly messaging: Pick<Messaging, "heads">;
  readonly clock: Clock;
  readonly limits: AuditLimits;
  readonly events: AuditEvents;
  readonly onFailure: (error: unknown) => void;
}

export interface AuditStats extends Readonly<Judged> {
  /** Sessions that report now. */
  readonly sessions: number;
  readonly reports: number;
  readonly ignored: number;
  readonly doubled: number;
  readonly gapsHealed: number;
  /** Sessions that told of a loss. */
  readonly lossySessions: number;
  readonly disbelieved: number;
}

interface Audited {
  readonly witnesses: Map<ConversationId, Witness>;
  frames: number;
  framesSince: number;
  lost: number;
  hasReported: boolean;
}

/** A session may know so much more than this gateway, which hears of some changes late. */
const aheadMax = 10_000;
/** Remembered of one session, in all its conversations. */
const rangesMax = 1_000;
const countMax = 1_000_000;
const gapMsMax = 3_600_000;

export class DeliveryAudit {
  readonly #needs: AuditNeeds;
  readonly #sessions = new Map<ClientSession, Audited>();
  readonly #counts: Judged = { checked: 0, unchecked: 0, lost: 0, late: 0 };
  #reporting = 0;
  #reports = 0;
  #ignored = 0;
  #doubled = 0;
  #gapsHealed = 0;
  #lossySessions = 0;
  #disbelieved = 0;

  constructor(needs: AuditNeeds) {
    this.#needs = needs;
  }

  /** How often the session shall report; undefined: it is not asked. */
  ask(session: ClientSession, wish: boolean | undefined): number | undefined {
    const { auditPerMille, auditSessionsMin, auditSessionsMax, auditEveryMs } = this.#needs.limits;
    const { size } = this.#sessions;
    if (auditPerMille === 0 || wish === false || size >= auditSessionsMax) return undefined;
    const isChosen = wish === true || size < auditSessionsMin || shareOf(session.id) < auditPerMille / 1000;
    if (!isChosen) return undefined;
    const framesSince = this.#needs.clock.now();
    const audited = { witnesses: new Map(), frames: 0, framesSince, lost: 0, hasReported: false };
    this.#sessions.set(session, audited);
    return auditEveryMs;
  }

  report(session: ClientSession, frame: AuditFrame): void {
    const audited = this.#sessions.get(session);
    if (!audited || !this.#isPaced(audited) || !areCountsPlausible(frame)) return this.#disbelieve(session);
    for (const shown of frame.shown)
      if (!this.#take(session, audited, shown)) return this.#disbelieve(session);
    if (rangesOf(audited) > rangesMax) return this.#disbelieve(session);
    if (!audited.hasReported) this.#reporting++;
    audited.hasReported = true;
    this.#ignored += frame.ignored;
    this.#doubled += frame.doubled;
    this.#gapsHealed += frame.healedMs.length;
    for (const ms of frame.healedMs) this.#needs.events.gapHealed(ms);
    if (frame.more) return;
    this.#reports++;
    this.#judge(session, audited);
  }

  /** The connection ends. */
  end(session: ClientSession): void {
    const audited = this.#sessions.get(session);
    if (!audited) return;
    for (const witness of audited.witnesses.values()) witness.end(this.#counts);
    this.#forget(session, audited);
  }

  stats(): AuditStats {
    return {
      ...this.#counts,
      sessions: this.#reporting,
      reports: this.#reports,
      ignored: this.#ignored,
      doubled: this.#doubled,
      gapsHealed: this.#gapsHealed,
      lossySessions: this.#lossySessions,
      disbelieved: this.#disbelieved,
    };
  }

  #isPaced(audited: Audited): boolean {
    const now = this.#needs.clock.now();
    if (now - audited.framesSince >= this.#needs.limits.auditEveryMs) {
      audited.framesSince = now;
      audited.frames = 0;
    }
    return ++audited.frames <= wire.auditFramesMax;
  }

  /** False: it cannot be so. */
  #take(session: ClientSession, audited: Audited, { conversation: id, after, ranges }: Shown): boolean {
    const { hub, clock } = this.#needs;
    const conversation = id as ConversationId;
    let last = after;
    for (const { from, to } of ranges) {
      if (from <= last || to < from) return false;
      last = to;
    }
    const known = hub.isIn(session, conversation) ? hub.head(conversation)! : null;
    // Left a moment ago, perhaps.
    if (!known) return true;
    if (last > known.lastSeq + aheadMax) return false;
    const { witnesses } = audited;
    const witness = witnesses.get(conversation) ?? new Witness(after, known.lastSeq, clock.now());
    if (witnesses.size >= wire.auditedConversationsMax && !witnesses.has(conversation)) return true;
    witnesses.set(conversation, witness);
    witness.take(after, ranges, this.#counts);
    return true;
  }

  #judge(session: ClientSession, audited: Audited): void {
    const { hub, clock, limits, events } = this.#needs;
    const now = clock.now();
    const doubted: { conversation: ConversationId; seq: number }[] = [];
    for (const [conversation, witness] of audited.witnesses) {
      if (!hub.isIn(session, conversation)) {
        witness.end(this.#counts);
        audited.witnesses.delete(conversation);
        continue;
      }
      const { lastSeq } = hub.head(conversation)!;
      if (witness.claimed > lastSeq) doubted.push({ conversation, seq: witness.claimed });
      const counts: Judged = { checked: 0, unchecked: 0, lost: 0, late: 0 };
      const holes = witness.judge(lastSeq, now, limits.auditLostAfterMs, counts);
      if (audited.lost + counts.lost > limits.auditLostMax) return this.#disbelieve(session);
      this.#counts.checked += counts.checked;
      if (counts.lost === 0) continue;
      if (audited.lost === 0) this.#lossySessions++;
      audited.lost += counts.lost;
      this.#counts.lost += counts.lost;
      events.lost({ session: session.id, conversation, seq: holes![0]!.from, count: counts.lost });
    }
    if (doubted.length > 0) this.#confirm(session, doubted).catch(this.#needs.onFailure);
  }

  /** What this gateway has not heard of for long is known to the store, or was made up. */
  async #confirm(
    session: ClientSession,
    doubted: readonly { conversation: ConversationId; seq: number }[],
  ): Promise<void> {
    const heads = await this.#needs.messaging.heads(
      doubted.map(({ conversation }) => conversation),
      true,
    );
    if (doubted.some(({ seq }, i) => seq > (heads[i]?.lastSeq ?? 0))) this.#disbelieve(session);
  }

  /** Who was disbelieved once is not listened to again on this connection. */
  #disbelieve(session: ClientSession): void {
    this.#disbelieved++;
    const audited = this.#sessions.get(session);
    if (audited) this.#forget(session, audited);
  }

  #forget(session: ClientSession, audited: Audited): void {
    if (audited.hasReported) this.#reporting--;
    this.#sessions.delete(session);
  }
}

function areCountsPlausible({ ignored, doubled, healedMs }: AuditFrame): boolean {
  return ignored <= countMax && doubled <= countMax && healedMs.every((ms) => ms <= gapMsMax);
}

function rangesOf({ witnesses }: Audited): number {
  let count = 0;
  for (const witness of witnesses.values()) count += witness.size;
  return count;
}

/** From 0 to 1, always the same for one session: its id ends in chance. */
function shareOf(session: SessionId): number {
  return Number.parseInt(session.slice(-8), 16) / 2 ** 32;
}
