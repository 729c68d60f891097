// Keeps the reader's place while messages come and go above and below: at the newest end it follows, elsewhere
// the message at the top of the view stays where it is. Browsers that anchor by themselves are told not to.

const nearEndPx = 48;

export class Place {
  isAtEnd = true;
  private anchor: { key: string; top: number } | null = null;

  constructor(private readonly list: HTMLElement) {}

  /** After the reader scrolled: what to keep from now on. */
  note(): void {
    const { list } = this;
    this.isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < nearEndPx;
    const top = list.getBoundingClientRect().top;
    const rows = this.rows();
    const first = rows[countWhile(rows, (row) => row.getBoundingClientRect().bottom <= top + 4)];
    this.anchor = first ? { key: first.dataset.key!, top: first.getBoundingClientRect().top - top } : null;
  }

  /** After the rows changed, before they are painted. */
  restore(follows: boolean): void {
    const { list } = this;
    if (this.isAtEnd && follows) {
      list.scrollTop = list.scrollHeight;
    } else if (this.anchor) {
      const { key, top } = this.anchor;
      const row = this.rows().find((candidate) => candidate.dataset.key === key);
      if (row) list.scrollTop += row.getBoundingClientRect().top - list.getBoundingClientRect().top - top;
    }
    this.note();
  }

  toEnd(): void {
    this.list.scrollTop = this.list.scrollHeight;
    this.note();
  }

  /** Brings a row to the middle (or the top), and says whether it is there. */
  show(key: string, where: "center" | "start"): boolean {
    const row = this.rows().find((candidate) => candidate.dataset.key === key);
    row?.scrollIntoView({ block: where });
    this.note();
    return row !== undefined;
  }

  /** The number of the last message that stands wholly or partly in view. */
  lastSeqInView(): number {
    const bottom = this.list.getBoundingClientRect().bottom - 8;
    const rows = this.rows();
    const inView = rows.slice(
      0,
      countWhile(rows, (row) => row.getBoundingClientRect().top < bottom),
    );
    return Number(inView.findLast((row) => row.dataset.seq)?.dataset.seq ?? 0);
  }

  private rows(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>("[data-key]")];
  }
}

/** How many items at the beginning fulfil a condition that only they fulfil: found by halving. */
function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
