// Where one device stands in one conversation, by number alone, as the client library does it: the next rev is
// applied, an old one ignored, one further ahead held until the hole before it is closed or asked for. It promises
// that each message is shown once, in order; where the server makes that impossible, the ledger says so.

import type { Ledger, Room } from "./ledger.ts";
import type { Op } from "./message.ts";

/** A person's own place in a conversation, shared by their devices. */
export class Standing {
  /** How far the person has read, by their own actions. */
  readSeq = 0;
  /** What the server was last told, or said itself. */
  confirmedReadSeq = 0;
  /** The newest own message, for edits. */
  ownSeq = 0;

  constructor(
    readonly room: Room,
    readonly member: number,
  ) {}

  /** Sending reads: the author's cursor goes with the own message ([W23]). */
  wrote(seq: number): void {
    if (seq <= this.ownSeq) return;
    this.ownSeq = seq;
    this.readSeq = Math.max(this.readSeq, seq);
    this.confirmedReadSeq = Math.max(this.confirmedReadSeq, seq);
  }
}

/** By what the server says at a welcome. */
export function standingIn(
  standings: Map<Room, Standing>,
  room: Room,
  { member, readSeq }: { readonly member: number; readonly readSeq: number },
): Standing {
  let standing = standings.get(room);
  if (!standing) {
    standing = new Standing(room, member);
    standing.readSeq = readSeq;
    standings.set(room, standing);
  }
  standing.confirmedReadSeq = readSeq;
  return standing;
}

export interface Applied {
  readonly rev: number;
  /** 0: no message. */
  readonly seq: number;
  readonly op: Op;
  /** An edit or delete. */
  readonly isLater: boolean;
}

/** Told of each message that the device now shows. */
export type Shown = (it: Applied, room: Room) => void;

const heldMax = 256;

export class Position {
  /** Changes ahead of a hole, by rev. */
  #held: Map<number, Applied> | null = null;
  /** The newest rev that is known to exist. */
  knownRev: number;
  isAsked = false;
  /** Whether a check is under way that asks when the grace is over. */
  isDoubted = false;
  isOpened = false;
  /** The newest of this device's sends that was acknowledged. */
  #orderOp = -1;
  #orderSeq = 0;

  constructor(
    readonly standing: Standing,
    public rev: number,
    public seq: number,
  ) {
    this.knownRev = rev;
  }

  get isBehind(): boolean {
    return this.knownRev > this.rev;
  }

  /** Tells each message that the device now shows. */
  receive(it: Applied, ledger: Ledger, shown: Shown): void {
    if (it.rev === this.rev + 1) {
      this.#apply(it, ledger, shown);
      if (this.#held) this.#release(ledger, shown);
    } else if (it.rev > this.rev) this.#hold(it);
  }

  heard(rev: number): void {
    if (rev > this.knownRev) this.knownRev = rev;
  }

  /** The rows that changed since what was asked, in any order. */
  caughtUp(
    answer: { rev: number; lastSeq: number; reset: boolean },
    rows: readonly Applied[],
    ledger: Ledger,
    shown: Shown,
  ): void {
    if (answer.reset) {
      ledger.counts.resets++;
      this.#held = null;
      this.rev = answer.rev;
      this.seq = answer.lastSeq;
      this.heard(answer.rev);
      return;
    }
    const fresh = rows.filter(({ seq }) => seq > this.seq).sort((a, b) => a.seq - b.seq);
    for (const row of fresh) this.#show(row, ledger, shown);
    if (answer.lastSeq > this.seq) {
      this.#hole(answer.lastSeq + 1, ledger);
      this.seq = answer.lastSeq;
    }
    if (answer.rev > this.rev) this.rev = answer.rev;
    this.heard(answer.rev);
    if (this.#held) this.#release(ledger, shown);
  }

  /** What was written later on a connection has the higher number ([W13]). */
  ordered(op: Op, seq: number, ledger: Ledger): void {
    const [before, beforeSeq] = [this.#orderOp, this.#orderSeq];
    if (before >= 0 && op > before !== seq > beforeSeq)
      ledger.fault(
        "disordered",
        1,
        `${this.standing.room.id}: a later send got seq ${Math.min(seq, beforeSeq)}, the earlier one ${Math.max(seq, beforeSeq)}`,
      );
    if (op <= before) return;
    this.#orderOp = op;
    this.#orderSeq = seq;
  }

  #hold(it: Applied): void {
    this.heard(it.rev);
    this.#held ??= new Map();
    if (this.#held.size >= heldMax) this.#held.clear();
    else this.#held.set(it.rev, { ...it });
  }

  #release(ledger: Ledger, shown: Shown): void {
    const held = this.#held!;
    for (let next = held.get(this.rev + 1); next; next = held.get(this.rev + 1)) {
      held.delete(next.rev);
      this.#apply(next, ledger, shown);
    }
    for (const rev of held.keys()) if (rev <= this.rev) held.delete(rev);
    if (held.size === 0) this.#held = null;
  }

  #apply(it: Applied, ledger: Ledger, shown: Shown): void {
    this.rev = it.rev;
    this.heard(it.rev);
    if (it.seq === 0) return;
    if (it.seq > this.seq) this.#show(it, ledger, shown);
    else if (!it.isLater)
      ledger.fault("doubled", 1, `${this.standing.room.id} seq ${it.seq} came again as new, rev ${it.rev}`);
  }

  #show(it: Applied, ledger: Ledger, shown: Shown): void {
    const { room } = this.standing;
    if (it.seq > this.seq + 1) this.#hole(it.seq, ledger);
    this.seq = it.seq;
    if (it.seq > room.lastSeq) room.lastSeq = it.seq;
    ledger.counts.shown++;
    if (!room.agrees(it.seq, it.op))
      ledger.fault("disordered", 1, `${room.id} seq ${it.seq}: two devices were shown different messages`);
    shown(it, room);
  }

  #hole(before: number, ledger: Ledger): void {
    const count = before - this.seq - 1;
    if (count > 0)
      ledger.fault(
        "lost",
        count,
        `${this.standing.room.id}: seq ${this.seq + 1} - ${before - 1} were never told, though no rev is missing`,
      );
  }
}
