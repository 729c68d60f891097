// One conversation in this gateway: which sessions care, its newest numbers, and the changes that wait for the next
// flush. Quiet: a change leaves at once. Busy: changes gather for a window that grows with the deliveries a second,
// because one write per member per flush is what fan-out costs.

import type { ConversationId, Rev, Seq } from "#base/ids.ts";
import type { EncodedChanges } from "#ports/event-bus.ts";
import { SlotList } from "./slot-list.ts";

export class Room {
  readonly no: number;
  readonly conversation: ConversationId;
  readonly slots = new SlotList();
  rev = 0 as Rev;
  lastSeq = 0 as Seq;
  /** Whether rev and lastSeq were read since this gateway follows the conversation. */
  isHeadKnown = false;
  /** The hub's count at this room's last change. */
  changeNo = 0;
  waiting: EncodedChanges[] = [];
  isFlushScheduled = false;
  lastFlushAt = Number.NEGATIVE_INFINITY;
  lastChangeAt = 0;
  /** Whether its sessions are subscribed to a native topic. */
  isTopic = false;
  #rate = 0;

  constructor(no: number, conversation: ConversationId) {
    this.no = no;
    this.conversation = conversation;
  }

  noteHead(rev: Rev, lastSeq: Seq): void {
    if (rev > this.rev) this.rev = rev;
    if (lastSeq > this.lastSeq) this.lastSeq = lastSeq;
  }

  noteRate(changes: number, now: number): void {
    this.#rate = this.#rate * Math.exp((this.lastChangeAt - now) / rateMemoryMs) + changes;
    this.lastChangeAt = now;
  }

  /** How long changes gather now, by the deliveries per second that they make. */
  windowMs(windowMsMax: number): number {
    const deliveriesPerSecond = (this.#rate * this.slots.length * 1000) / rateMemoryMs;
    if (deliveriesPerSecond < gatherAboveDeliveries) return 0;
    return Math.min(windowMsMax, 10 + 10 * Math.log2(deliveriesPerSecond / gatherAboveDeliveries));
  }
}

const rateMemoryMs = 1000;
const gatherAboveDeliveries = 5000;
