// Events that a consumer could not handle: each failed try is noted, and after some of them the event is put aside,
// so that one poisoned event never blocks the others. Rules P77 and P78 in ports/SPEC.md.
//
// P77 failed tries are counted for each consumer and event, for all processes together; the one that reaches the
//     maximum makes it a dead letter. What succeeds after all is forgotten.
// P78 a dead letter lies until its retry has succeeded or somebody drops it; a retry that fails leaves it dead.

import type { OutboxEvent, OutboxPosition } from "./outbox.ts";

export interface FailedTry {
  readonly consumer: string;
  readonly event: OutboxPosition;
  /** The event itself: numbers and ids, no text of any message. */
  readonly content: OutboxEvent;
  /** The error's class and its text without content. */
  readonly error: string;
  readonly at: number;
}

export interface DeadLetter extends FailedTry {
  readonly tries: number;
  /** A retry was asked for and its consumer has not come to it yet. */
  readonly isRetried: boolean;
}

export interface DeadLetters {
  /** Counts one failed try. `isDead` from the `triesMax`th on. */
  note(failed: FailedTry, triesMax: number): Promise<{ readonly tries: number; readonly isDead: boolean }>;
  /** The consumer has handled these after all: their tries are forgotten, and that they were dead. */
  forget(consumer: string, events: readonly OutboxPosition[]): Promise<void>;
  /** Dead letters whose retry was asked for, until they are forgotten or noted again. */
  retries(consumer: string, countMax: number): Promise<readonly DeadLetter[]>;
  /** The newest first. */
  list(countMax: number, consumer?: string): Promise<readonly DeadLetter[]>;
  /** Asks for a retry of one, or of all of a consumer; how many. */
  retry(consumer: string, event: OutboxPosition | null): Promise<number>;
  /** Deletes one, or all of a consumer; how many. */
  drop(consumer: string, event: OutboxPosition | null): Promise<number>;
  count(): Promise<number>;
}
