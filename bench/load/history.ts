// The history of a run for an independent checker: one line of JSON for each event (`./banyan load --history FILE`).
// Lines of one device stand in the order in which they happened there; lines of several devices need sorting by `atUs`.

import { closeSync, openSync, writeSync } from "node:fs";

export interface HistoryEvent {
  /** Microseconds since the run began, by one clock for all processes of the generator. */
  readonly atUs: number;
  /** The person's number in the run, and the device's (two devices of a person differ). */
  readonly person: number;
  readonly device: number;
  readonly conversation: string;
  /**
   * - `send`: the send left the device; `again` follows with the same name after a reconnect.
   * - `acked`: the server acknowledged it, with `seq` and `rev`.
   * - `refused`: the server refused it for good (`code`): not stored.
   * - `unknown`: the run ended before an answer came: it may be stored or not.
   * - `shown`: the device showed the message `seq`, of that `name`.
   * - `read`: the person has read up to `seq` (asked); `cursor`: the server told this reader's cursor.
   * - `edit`, `delete`, `react`: acknowledged changes of `seq`, with their `rev`.
   * - `heal`: a gap was closed by asking; the device stands at `rev` and `seq`.
   * - `reset`: the device began anew at `rev` and `seq`: what is before it was not shown here.
   */
  readonly op:
    | "send"
    | "again"
    | "acked"
    | "refused"
    | "unknown"
    | "shown"
    | "read"
    | "cursor"
    | "edit"
    | "delete"
    | "react"
    | "heal"
    | "reset";
  /** The message's name, base64url; every reader finds it: the text carries it too. */
  readonly name?: string;
  readonly seq?: number;
  readonly rev?: number;
  readonly code?: string;
}

/** Where a worker's events go; nothing is kept in memory beyond a buffer. */
export class HistoryWriter {
  readonly #file: number;
  #lines: string[] = [];
  #isClosed = false;

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  /** What comes after `close` is no part of the run any more. */
  add(event: HistoryEvent): void {
    if (this.#isClosed) return;
    this.#lines.push(JSON.stringify(event));
    if (this.#lines.length >= 2000) this.flush();
  }

  flush(): void {
    if (this.#lines.length > 0) writeSync(this.#file, `${this.#lines.join("\n")}\n`);
    this.#lines = [];
  }

  close(): void {
    if (this.#isClosed) return;
    this.flush();
    this.#isClosed = true;
    closeSync(this.#file);
  }
}
