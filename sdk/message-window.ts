// The messages of one conversation that are held: unbroken runs of numbers, so that what is missing is known.
// A run may be empty: [from, from - 1] says where the next message will stand.

import type { Message } from "./conversation-types.ts";

export interface Run {
  /** Every existing message with a number from `from` to `to` is in `messages`, by rising number. */
  from: number;
  to: number;
  messages: Message[];
}

export class MessageWindow {
  /** In rising order; neither overlapping nor touching. */
  #runs: Run[] = [];

  get runs(): readonly Run[] {
    return this.#runs;
  }

  get newest(): Run | undefined {
    return this.#runs.at(-1);
  }

  runAt(seq: number): Run | undefined {
    return this.#runs.find((run) => run.from <= seq && seq <= run.to);
  }

  get(seq: number): Message | undefined {
    const run = this.runAt(seq);
    return run?.messages[indexOf(run.messages, seq)];
  }

  /** The next message will be `seq` + 1. */
  startAfter(seq: number): void {
    this.#runs = [{ from: seq + 1, to: seq, messages: [] }];
  }

  /** Replaces a held message, or lengthens the run that ends just before it; false: there was no place for it. */
  put(message: Message): boolean {
    const run = this.runAt(message.seq);
    if (run) {
      const at = indexOf(run.messages, message.seq);
      if (at >= 0) run.messages[at] = message;
      else run.messages.splice(~at, 0, message);
      return true;
    }
    const before = this.#runs.find((candidate) => candidate.to === message.seq - 1);
    if (!before) return false;
    before.messages.push(message);
    before.to = message.seq;
    this.#join();
    return true;
  }

  /** The newest message of all, as it is said: always gets a place. */
  append(message: Message): void {
    if (this.put(message)) return;
    this.#runs.push({ from: message.seq, to: message.seq, messages: [message] });
    this.#runs.sort((a, b) => a.from - b.from);
  }

  /** A page: all existing messages from `from` to `to`. Of a message held already the one that `choose` prefers stays. */
  insert(page: Run, choose: (held: Message, paged: Message) => Message): void {
    const messages = page.messages.map((paged) => {
      const held = this.get(paged.seq);
      return held ? choose(held, paged) : paged;
    });
    const runs: Run[] = [{ ...page, messages }];
    for (const run of this.#runs) {
      if (run.to < page.from || run.from > page.to) runs.push(run);
      else
        runs.push(...[part(run, run.from, page.from - 1), part(run, page.to + 1, run.to)].filter(isNotEmpty));
    }
    this.#runs = runs.sort((a, b) => a.from - b.from || a.to - b.to);
    this.#join();
  }

  /** Drops what is beyond `max` messages, farthest from `keepSeq` first. */
  trim(max: number, keepSeq: number): void {
    let excess = this.#runs.reduce((sum, run) => sum + run.messages.length, 0) - max;
    while (excess > 0) {
      const first = this.#runs[0]!;
      const last = this.#runs.at(-1)!;
      const dropFirst = keepSeq - first.from >= last.to - keepSeq;
      const run = dropFirst ? first : last;
      const whole = this.#runs.length > 1 && !(run.from <= keepSeq && keepSeq <= run.to + 1);
      if (whole) {
        this.#runs.splice(this.#runs.indexOf(run), 1);
        excess -= run.messages.length;
        continue;
      }
      const count = Math.min(excess, run.messages.length);
      if (count === 0) return;
      if (dropFirst) {
        run.messages = run.messages.slice(count);
        run.from = run.messages[0]?.seq ?? run.to + 1;
      } else {
        run.messages = run.messages.slice(0, -count);
        run.to = run.messages.at(-1)?.seq ?? run.from - 1;
      }
      excess -= count;
    }
  }

  /** Joins runs that touch. */
  #join(): void {
    const joined: Run[] = [];
    for (const run of this.#runs) {
      const last = joined.at(-1);
      if (last && run.from <= last.to + 1) {
        last.messages = last.messages.concat(run.messages);
        last.to = Math.max(last.to, run.to);
      } else {
        joined.push(run);
      }
    }
    this.#runs = joined;
  }
}

function part(run: Run, from: number, to: number): Run {
  return { from, to, messages: run.messages.filter(({ seq }) => seq >= from && seq <= to) };
}

function isNotEmpty(run: Run): boolean {
  return run.to >= run.from;
}

/** Where `seq` stands in messages by rising number, or the complement of where it would stand. */
function indexOf(messages: readonly Message[], seq: number): number {
  const guess = messages.length > 0 ? seq - messages[0]!.seq : 0;
  if (messages[guess]?.seq === seq) return guess;
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (messages[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return messages[low]?.seq === seq ? low : ~low;
}
