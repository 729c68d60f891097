// The books of the delivery audit in one process: what was acknowledged, what each device was shown, what was wrong.
// Compact: for each room the op under each seq, for each of its own sends the seq that the server promised.

import type { Op } from "./message.ts";
import type { PlaceKind } from "./profile.ts";

const examplesMax = 20;

/** A conversation, as all people of this process see it. */
export class Room {
  /** The newest message that anyone here knows of. */
  lastSeq = 0;
  /** Sends of this process that were acknowledged: op and seq in turn. */
  readonly acked: number[] = [];
  #firstSeq = 0;
  /** The op under each seq from the first seen on; -1: not of this run. */
  readonly #ops: number[] = [];

  constructor(
    readonly id: string,
    readonly kind: PlaceKind,
    readonly members: number,
  ) {}

  /** False: somebody else was shown another message under this number. */
  agrees(seq: number, op: Op): boolean {
    if (this.#ops.length === 0) this.#firstSeq = seq;
    const at = seq - this.#firstSeq;
    if (at < 0) return true;
    const known = this.#ops[at];
    if (known === undefined) {
      for (let gap = this.#ops.length; gap < at; gap++) this.#ops.push(Number.NaN);
      this.#ops[at] = op;
      return true;
    }
    if (Number.isNaN(known)) this.#ops[at] = op;
    return Number.isNaN(known) || known === op;
  }
}

export interface Counts {
  acknowledged: number;
  shown: number;
  lost: number;
  doubled: number;
  disordered: number;
  gapsHealed: number;
  breaksHealed: number;
  unreadErrors: number;
  /** Devices that had fallen so far behind that they began anew. */
  resets: number;
}

export class Ledger {
  readonly counts: Counts = {
    acknowledged: 0,
    shown: 0,
    lost: 0,
    doubled: 0,
    disordered: 0,
    gapsHealed: 0,
    breaksHealed: 0,
    unreadErrors: 0,
    resets: 0,
  };
  readonly examples: string[] = [];

  /** A fault, `times` times. */
  fault(kind: "lost" | "doubled" | "disordered" | "unreadErrors", times: number, example: string): void {
    this.counts[kind] += times;
    if (this.examples.length < examplesMax) this.examples.push(`${kind}: ${example}`);
  }

  acknowledged(room: Room, op: Op, seq: number): void {
    this.counts.acknowledged++;
    room.acked.push(op, seq);
    if (seq > room.lastSeq) room.lastSeq = seq;
  }
}
