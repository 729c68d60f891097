// Simulated time: events in the order of their moments, and between two moments everything that does not wait for
// time is finished. Nothing here looks at the machine's clock.

import type { Clock } from "#ports/clock.ts";

interface Event {
  readonly at: number;
  readonly order: number;
  run: (() => void) | null;
}

export class SimulatedTime {
  #now = Date.UTC(2026, 0, 1);
  #order = 0;
  readonly #heap: Event[] = [];
  readonly startedAt = this.#now;
  eventCount = 0;

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const event: Event = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run };
    push(this.#heap, event);
    return () => {
      event.run = null;
    };
  }

  /** Fulfils `delayMs` later. */
  pass(delayMs: number): Promise<void> {
    return new Promise((passed) => void this.after(delayMs, passed));
  }

  /** Lets time run until `isOver`, or until nothing is left to happen before `untilMs` from the start. */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    const end = this.startedAt + untilMs;
    await settled();
    for (let event = pop(this.#heap); event; event = pop(this.#heap)) {
      if (event.at > end) {
        push(this.#heap, event);
        this.#now = end;
        return;
      }
      if (!event.run) continue;
      this.#now = event.at;
      this.eventCount++;
      event.run();
      await settled();
      if (isOver()) return;
    }
  }

  /** A clock of one process: killed, nothing that it waited for happens any more. */
  process(): ProcessClock {
    return new ProcessClock(this);
  }
}

export class ProcessClock implements Clock {
  #isAlive = true;

  constructor(readonly time: SimulatedTime) {}

  now(): number {
    return this.time.now();
  }

  after(delayMs: number, then: () => void): () => void {
    if (!this.#isAlive) return () => {};
    return this.time.after(delayMs, () => {
      if (this.#isAlive) then();
    });
  }

  kill(): void {
    this.#isAlive = false;
  }
}

/** After all that is ready to run has run: microtasks and next-ticks come before an immediate. */
function settled(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let i = heap.push(event) - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (heap.length === 0 || !last) return first;
  let i = 0;
  for (;;) {
    const left = 2 * i + 1;
    if (left >= heap.length) break;
    const child = left + 1 < heap.length && isBefore(heap[left + 1]!, heap[left]!) ? left + 1 : left;
    if (!isBefore(heap[child]!, last)) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = last;
  return first;
}
