// The conversations that sessions of this gateway are in, by number: where each stands and who is in it, in typed
// arrays. A large gateway follows a hundred thousand, of which nearly all are quiet, and most have one session here.

import { IdNumbers } from "#base/id-numbers.ts";
import type { ConversationId, Rev, Seq } from "#base/ids.ts";
import { SlotList } from "./slot-list.ts";

const nobody = -1;
/** In #who: -1 nobody, from 0 on the only slot, below -1 the number of a list of slots. */
const listNo = (who: number) => -2 - who;

export class Rooms {
  readonly #ids = new IdNumbers<ConversationId>();
  #rev = new Float64Array(64);
  #lastSeq = new Float64Array(64);
  #changeNo = new Float64Array(64);
  #isHeadKnown = new Uint8Array(64);
  #who = new Int32Array(64);
  readonly #lists: (SlotList | null)[] = [];
  readonly #freeLists: number[] = [];

  get size(): number {
    return this.#ids.size;
  }

  /** -1: nobody here is in it. */
  numberOf(conversation: ConversationId): number {
    return this.#ids.numberOf(conversation);
  }

  conversationOf(no: number): ConversationId {
    return this.#ids.idOf(no);
  }

  /** Its number from now on; nobody is in it yet. */
  open(conversation: ConversationId): number {
    const no = this.#ids.add(conversation);
    if (no >= this.#who.length) this.#grow(Math.ceil(no * 1.25) + 1);
    this.#rev[no] = 0;
    this.#lastSeq[no] = 0;
    this.#changeNo[no] = 0;
    this.#isHeadKnown[no] = 0;
    this.#who[no] = nobody;
    return no;
  }

  /** Nobody is in it any more. */
  close(no: number): void {
    this.#ids.delete(this.#ids.idOf(no));
  }

  /** All numbers are below it. */
  get end(): number {
    return this.#ids.end;
  }

  /** Whether it is a room's number now. */
  isOpen(no: number): boolean {
    return no < this.#ids.end && this.#who[no] !== nobody;
  }

  rev(no: number): Rev {
    return this.#rev[no] as Rev;
  }

  lastSeq(no: number): Seq {
    return this.#lastSeq[no] as Seq;
  }

  noteHead(no: number, rev: Rev, lastSeq: Seq): void {
    if (rev > this.#rev[no]!) this.#rev[no] = rev;
    if (lastSeq > this.#lastSeq[no]!) this.#lastSeq[no] = lastSeq;
  }

  /** Whether rev and lastSeq were read since this gateway follows the conversation. */
  isHeadKnown(no: number): boolean {
    return this.#isHeadKnown[no] === 1;
  }

  headIsKnown(no: number): void {
    this.#isHeadKnown[no] = 1;
  }

  /** The hub's count at the last change. */
  changeNo(no: number): number {
    return this.#changeNo[no]!;
  }

  noteChange(no: number, changeNo: number): void {
    this.#changeNo[no] = changeNo;
  }

  /** How many sessions are in it. */
  count(no: number): number {
    const who = this.#who[no]!;
    return who < nobody ? this.#lists[listNo(who)]!.length : who - nobody > 0 ? 1 : 0;
  }

  /** The slot of one of them, from 0 to below the count. */
  slot(no: number, index: number): number {
    const who = this.#who[no]!;
    return who < nobody ? this.#lists[listNo(who)]!.at(index) : who;
  }

  addSlot(no: number, slot: number): void {
    const who = this.#who[no]!;
    if (who === nobody) this.#who[no] = slot;
    else if (who < nobody) this.#lists[listNo(who)]!.add(slot);
    else {
      const list = new SlotList();
      list.add(who);
      list.add(slot);
      const at = this.#freeLists.pop() ?? this.#lists.length;
      this.#lists[at] = list;
      this.#who[no] = -2 - at;
    }
  }

  removeSlot(no: number, slot: number): void {
    const who = this.#who[no]!;
    if (who === slot) this.#who[no] = nobody;
    if (who >= nobody) return;
    const list = this.#lists[listNo(who)]!;
    list.remove(slot);
    if (list.length > 1) return;
    this.#who[no] = list.at(0);
    this.#lists[listNo(who)] = null;
    this.#freeLists.push(listNo(who));
  }

  #grow(size: number): void {
    this.#rev = copied(new Float64Array(size), this.#rev);
    this.#lastSeq = copied(new Float64Array(size), this.#lastSeq);
    this.#changeNo = copied(new Float64Array(size), this.#changeNo);
    this.#isHeadKnown = copied(new Uint8Array(size), this.#isHeadKnown);
    this.#who = copied(new Int32Array(size), this.#who);
  }
}

function copied<T extends Float64Array | Uint8Array | Int32Array>(to: T, from: T): T {
  to.set(from);
  return to;
}
