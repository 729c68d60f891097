// A set of whole numbers kept as ranges: rising, neither overlapping nor touching. Small as long as what it holds is
// mostly without holes, whatever the numbers.

export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

export class NumberRanges {
  /** from, to, from, to ... */
  #bounds: number[] = [];

  /** How many ranges there are. */
  get length(): number {
    return this.#bounds.length / 2;
  }

  get list(): NumberRange[] {
    const bounds = this.#bounds;
    return Array.from({ length: this.length }, (_, i) => ({ from: bounds[2 * i]!, to: bounds[2 * i + 1]! }));
  }

  get first(): NumberRange | null {
    return this.length === 0 ? null : { from: this.#bounds[0]!, to: this.#bounds[1]! };
  }

  has(number: number): boolean {
    const at = this.#firstEndingFrom(number);
    return at < this.#bounds.length && this.#bounds[at]! <= number;
  }

  /** Adds `from` to `to`, both included. */
  add(from: number, to: number): void {
    if (to < from) return;
    const bounds = this.#bounds;
    const at = this.#firstEndingFrom(from - 1);
    let end = at;
    let low = from;
    let high = to;
    while (end < bounds.length && bounds[end]! <= to + 1) {
      low = Math.min(low, bounds[end]!);
      high = Math.max(high, bounds[end + 1]!);
      end += 2;
    }
    bounds.splice(at, end - at, low, high);
  }

  /** Takes out `from` to `to`, both included. */
  remove(from: number, to: number): void {
    const before = this.list;
    this.#bounds = before.flatMap((range) => {
      if (range.to < from || range.from > to) return [range.from, range.to];
      const left = range.from < from ? [range.from, from - 1] : [];
      return range.to > to ? [...left, to + 1, range.to] : left;
    });
  }

  clear(): void {
    this.#bounds = [];
  }

  /** How many numbers from `from` to `to` are in it. */
  countIn(from: number, to: number): number {
    const bounds = this.#bounds;
    let count = 0;
    for (let at = this.#firstEndingFrom(from); at < bounds.length && bounds[at]! <= to; at += 2)
      count += Math.min(to, bounds[at + 1]!) - Math.max(from, bounds[at]!) + 1;
    return count;
  }

  /** What is missing between `from` and `to`. */
  holesIn(from: number, to: number): NumberRange[] {
    const holes: NumberRange[] = [];
    let next = from;
    const bounds = this.#bounds;
    for (let at = this.#firstEndingFrom(from); at < bounds.length && bounds[at]! <= to; at += 2) {
      if (bounds[at]! > next) holes.push({ from: next, to: bounds[at]! - 1 });
      next = bounds[at + 1]! + 1;
    }
    if (next <= to) holes.push({ from: next, to });
    return holes;
  }

  /** The place of the first range whose end is not before `number`. */
  #firstEndingFrom(number: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#bounds[2 * middle + 1]! < number) low = middle + 1;
      else high = middle;
    }
    return 2 * low;
  }
}
