// A compact list of whole numbers: four bytes a member, because a gateway keeps one entry for each session in each
// of its conversations.

export class SlotList {
  #slots = new Int32Array(2);
  length = 0;

  at(index: number): number {
    return this.#slots[index]!;
  }

  add(slot: number): void {
    if (this.length === this.#slots.length) {
      const larger = new Int32Array(Math.ceil(this.length * 1.5) + 1);
      larger.set(this.#slots);
      this.#slots = larger;
    }
    this.#slots[this.length++] = slot;
  }

  /** Order is not kept. False when it was not there. */
  remove(slot: number): boolean {
    const index = this.#slots.subarray(0, this.length).lastIndexOf(slot);
    if (index < 0) return false;
    this.#slots[index] = this.#slots[--this.length]!;
    return true;
  }

  has(slot: number): boolean {
    return this.#slots.subarray(0, this.length).includes(slot);
  }
}
