// The server's own delivery audit ([W37], [W38]): a device that was asked reports, by number, what it has shown, so
// that a load run is judged twice, by its own books and by the server's.

import { NumberRanges } from "#base/number-ranges.ts";
import type { ClientFrame } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import type { Room } from "./ledger.ts";
import type { Position } from "./position.ts";

interface Watched {
  /** Told up to here, or shown before anybody asked. */
  after: number;
  readonly shown: NumberRanges;
  isNews: boolean;
}

export class ShownReport {
  readonly #watched = new Map<Room, Watched>();
  #dueMs: number;

  /** Before anything is caught up with. */
  constructor(
    readonly everyMs: number,
    nowMs: number,
    positions: ReadonlyMap<Room, Position>,
  ) {
    this.#dueMs = nowMs + everyMs;
    for (const [room, position] of positions) this.joined(room, position);
  }

  joined(room: Room, { seq }: Position): void {
    if (this.#watched.size < limits.auditedConversationsMax && !this.#watched.has(room))
      this.#watched.set(room, { after: seq, shown: new NumberRanges(), isNews: true });
  }

  left(room: Room): void {
    this.#watched.delete(room);
  }

  shown(room: Room, seq: number): void {
    const watched = this.#watched.get(room);
    if (!watched || seq <= watched.after) return;
    watched.shown.add(seq, seq);
    watched.isNews = true;
  }

  /** What was missed is not shown one by one. */
  reset(room: Room, { seq }: Position): void {
    if (this.#watched.has(room))
      this.#watched.set(room, { after: seq, shown: new NumberRanges(), isNews: true });
  }

  /** After a `pong`, where it is time and nothing is being asked for. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs;
  }

  /** The frames of one report. */
  tell(nowMs: number): Extract<ClientFrame, { kind: "audit" }>[] {
    this.#dueMs = nowMs + this.everyMs;
    const news = [...this.#watched].filter(([, { isNews }]) => isNews);
    const frames: Extract<ClientFrame, { kind: "audit" }>[] = [];
    do {
      const shown = news.splice(0, limits.auditConversationsMax).map(([{ id }, it]) => toldOf(id, it));
      frames.push({
        kind: "audit",
        shown,
        ignored: 0,
        doubled: 0,
        healedMs: [],
        ...(news.length > 0 && { more: true }),
      });
    } while (news.length > 0);
    return frames;
  }
}

/** What stands without a hole is told once, what stands above one again until it heals. */
function toldOf(conversation: string, watched: Watched) {
  const { after, shown } = watched;
  const ranges = shown.list.slice(0, limits.auditRangesMax);
  const first = ranges[0];
  watched.isNews = shown.length > ranges.length;
  if (first?.from === after + 1) {
    watched.after = first.to;
    shown.remove(first.from, first.to);
  }
  return { conversation, after, ranges };
}
