// A conversation in which something happens: the changes that wait for the next flush. Quiet: a change leaves at once.
// Busy: changes gather for a window that grows with the deliveries a second, because one write per member per flush is
// what fan-out costs. Of a quiet conversation there is none: rooms.ts has all that is kept of it.

import type { ConversationId } from "#base/ids.ts";
import type { EncodedChanges } from "#ports/event-bus.ts";

export class LiveRoom {
  readonly no: number;
  readonly conversation: ConversationId;
  waiting: EncodedChanges[] = [];
  isFlushScheduled = false;
  lastFlushAt = Number.NEGATIVE_INFINITY;
  lastChangeAt: number;
  /** Whether its sessions are subscribed to a native topic. */
  isTopic = false;
  #rate = 0;

  constructor(no: number, conversation: ConversationId, now: number) {
    this.no = no;
    this.conversation = conversation;
    this.lastChangeAt = now;
  }

  noteRate(changes: number, now: number): void {
    this.#rate = this.#rate * Math.exp((this.lastChangeAt - now) / rateMemoryMs) + changes;
    this.lastChangeAt = now;
  }

  /** How long changes gather now, by the deliveries per second that they make. */
  windowMs(sessions: number, windowMsMax: number): number {
    const deliveriesPerSecond = (this.#rate * sessions * 1000) / rateMemoryMs;
    if (deliveriesPerSecond < gatherAboveDeliveries) return 0;
    return Math.min(windowMsMax, 10 + 10 * Math.log2(deliveriesPerSecond / gatherAboveDeliveries));
  }
}

const rateMemoryMs = 1000;
const gatherAboveDeliveries = 5000;
