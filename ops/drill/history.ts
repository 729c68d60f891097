// What the drill's people sent and were shown, a line of JSON an event, for ./banyan load check; the words are those of
// bench/load/history.ts.

import { closeSync, openSync, writeSync } from "node:fs";

export interface DrillEvent {
  readonly op: "send" | "acked" | "unknown" | "shown" | "reset";
  readonly name?: string;
  readonly seq?: number;
  readonly rev?: number;
}

const linesMax = 2_000;

export class DrillHistory {
  readonly #file: number;
  #lines: string[] = [];

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  /** `atMs` by performance.now(). */
  note(person: number, conversation: string, event: DrillEvent, atMs = performance.now()): void {
    const { op, name, seq, rev } = event;
    const atUs = Math.round(atMs * 1_000);
    this.#lines.push(JSON.stringify({ atUs, person, device: person, conversation, op, name, seq, rev }));
    if (this.#lines.length >= linesMax) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#lines.length > 0) writeSync(this.#file, `${this.#lines.join("\n")}\n`);
    this.#lines = [];
  }
}
