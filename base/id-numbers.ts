// Many UUIDs as small whole numbers, in 16 bytes each and no object: what a process keeps of each id then stands in
// typed arrays, at that number. A number that is given back is given to another id later. Ids must be canonical UUIDs.

import { uuidFromBytes, writeUuid } from "./ids.ts";

const noneYet = 64;
/** Above this share of the index lookups become long. */
const fullAt = 0.7;

export class IdNumbers<Id extends string> {
  #bytes = new Uint8Array(16 * noneYet);
  #words = new Uint32Array(this.#bytes.buffer);
  /** Numbers by hash, each plus one; 0: free. Who is in the way moves on to the next place. */
  #index = new Int32Array(2 * noneYet);
  readonly #free: number[] = [];
  #next = 0;
  readonly #asked = new Uint8Array(16);
  readonly #askedWords = new Uint32Array(this.#asked.buffer);

  get size(): number {
    return this.#next - this.#free.length;
  }

  /** All numbers are below it; some below it may be free. */
  get end(): number {
    return this.#next;
  }

  /** -1: it has none. */
  numberOf(id: Id): number {
    return this.#index[this.#find(id)]! - 1;
  }

  has(id: Id): boolean {
    return this.#index[this.#find(id)] !== 0;
  }

  /** The id's number, a new one where it has none. */
  add(id: Id): number {
    let place = this.#find(id);
    const found = this.#index[place]!;
    if (found !== 0) return found - 1;
    if (this.size + 1 > this.#index.length * fullAt) {
      this.#reindex(this.#index.length * 2);
      place = this.#find(id);
    }
    const no = this.#free.pop() ?? this.#next++;
    if (no * 16 === this.#bytes.length) this.#grow();
    this.#bytes.set(this.#asked, no * 16);
    this.#index[place] = no + 1;
    return no;
  }

  /** Its number, which is free from now on; -1: it had none. */
  delete(id: Id): number {
    const place = this.#find(id);
    const no = this.#index[place]! - 1;
    if (no < 0) return -1;
    this.#closeGap(place);
    this.#free.push(no);
    return no;
  }

  idOf(no: number): Id {
    return uuidFromBytes(this.#bytes, no * 16) as Id;
  }

  /** Where it is in the index, or would be put. */
  #find(id: Id): number {
    writeUuid(this.#asked, 0, id);
    const asked = this.#askedWords;
    const a = asked[0]!;
    const b = asked[1]!;
    const c = asked[2]!;
    const d = asked[3]!;
    const mask = this.#index.length - 1;
    let place = hashOf(a, b, c, d) & mask;
    for (;;) {
      const entry = this.#index[place]!;
      if (entry === 0) return place;
      const at = (entry - 1) * 4;
      const words = this.#words;
      if (words[at + 3] === d && words[at + 2] === c && words[at + 1] === b && words[at] === a) return place;
      place = (place + 1) & mask;
    }
  }

  /** Moves those back that were put further on because this place was taken. */
  #closeGap(from: number): void {
    const mask = this.#index.length - 1;
    let gap = from;
    for (let place = (gap + 1) & mask; this.#index[place] !== 0; place = (place + 1) & mask) {
      const wanted = this.#placeOf(this.#index[place]! - 1) & mask;
      if (((place - wanted) & mask) < ((place - gap) & mask)) continue;
      this.#index[gap] = this.#index[place]!;
      gap = place;
    }
    this.#index[gap] = 0;
  }

  #placeOf(no: number): number {
    const at = no * 4;
    return hashOf(this.#words[at]!, this.#words[at + 1]!, this.#words[at + 2]!, this.#words[at + 3]!);
  }

  #grow(): void {
    const larger = new Uint8Array(16 * Math.ceil(this.#next * 1.25));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#words = new Uint32Array(larger.buffer);
  }

  #reindex(places: number): void {
    const before = this.#index;
    this.#index = new Int32Array(places);
    const mask = places - 1;
    for (const entry of before) {
      if (entry === 0) continue;
      let place = this.#placeOf(entry - 1) & mask;
      while (this.#index[place] !== 0) place = (place + 1) & mask;
      this.#index[place] = entry;
    }
  }
}

/** Ids that follow each other, and those that differ at one end only, are spread alike. */
function hashOf(a: number, b: number, c: number, d: number): number {
  let hash =
    Math.imul(d, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35) ^ Math.imul(a, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
