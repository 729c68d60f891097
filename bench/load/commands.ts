// A device's commands on their way: a bounded number unanswered, sends beyond it, or without a connection, wait in the
// order in which they were said; none is given up before its answer.

import type { ClientFrame } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import { nameOf, type Op, textOf } from "./message.ts";
import type { Position, Standing } from "./position.ts";

/** Below the server's own bound, so that a question always finds room. */
const sendsMax = limits.commandsInFlightMax - 4;
const commandsMax = limits.commandsInFlightMax - 1;

/** A send, from its time in the timetable to its answer. */
export interface Sending {
  readonly op: Op;
  readonly standing: Standing;
  readonly dueMs: number;
  readonly bytes: number;
  readonly replyTo: number;
  /** Above 1, its place in the order is not ours to say. */
  tries: number;
}

export type Command =
  | { readonly kind: "send"; readonly sending: Sending }
  | { readonly kind: "since"; readonly position: Position; readonly isGap: boolean; readonly askedMs: number }
  | {
      readonly kind: "edit" | "delete" | "react";
      readonly standing: Standing;
      readonly seq: number;
      readonly dueMs: number;
    };

export class Commands {
  readonly #waiting = new Map<number, Command>();
  readonly #outbox: Sending[] = [];
  readonly #frameOf: (sending: Sending, id: number) => ClientFrame;
  readonly #write: (frame: ClientFrame) => void;
  #nextId = 1;
  isOpen = false;
  /** Told to wait: nothing is sent until then. */
  #isPaused = false;
  #isOver = false;
  /** Sends unanswered at a time; one after a refusal, then twice as many with each answer. */
  #window = sendsMax;
  #sendsWaiting = 0;

  constructor(frameOf: (sending: Sending, id: number) => ClientFrame, write: (frame: ClientFrame) => void) {
    this.#frameOf = frameOf;
    this.#write = write;
  }

  get hasRoom(): boolean {
    return this.isOpen && this.#waiting.size < commandsMax;
  }

  get unanswered(): number {
    return this.#outbox.length + this.#sendsWaiting;
  }

  get questions(): number {
    let count = 0;
    for (const command of this.#waiting.values()) if (command.kind === "since") count++;
    return count;
  }

  *openSends(): Generator<Sending> {
    yield* this.#outbox;
    for (const command of this.#waiting.values()) if (command.kind === "send") yield command.sending;
  }

  send(sending: Sending): void {
    if (this.#outbox.length > 0 || !this.#maySend) this.#outbox.push(sending);
    else this.#give(sending);
  }

  /** To be sent again, after the server's wait; the rest waits with it, in its order. */
  refused(sending: Sending, waitMs: number, later: (afterMs: number, then: () => void) => void): void {
    if (this.#isOver) return;
    this.#outbox.push(sending);
    this.#outbox.sort((a, b) => a.op - b.op);
    this.#window = 1;
    if (this.#isPaused) return;
    this.#isPaused = true;
    later(waitMs, () => {
      this.#isPaused = false;
      this.pump();
    });
  }

  get #maySend(): boolean {
    const { size } = this.#waiting;
    return this.isOpen && !this.#isPaused && size < sendsMax && this.#sendsWaiting < this.#window;
  }

  #give(sending: Sending): void {
    this.#sendsWaiting++;
    this.give({ kind: "send", sending }, (id) => this.#frameOf(sending, id));
  }

  give(command: Command, frameOf: (id: number) => ClientFrame): void {
    const id = this.#nextId++;
    this.#waiting.set(id, command);
    this.#write(frameOf(id));
  }

  /** Nothing is sent any more; what was given to the server may still be answered. */
  giveUp(): void {
    this.#isOver = true;
    this.#outbox.length = 0;
  }

  /** What this is the answer to; it is done with. */
  answered(id: number | undefined): Command | undefined {
    if (id === undefined) return undefined;
    const command = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (command?.kind === "send") {
      this.#sendsWaiting--;
      this.#window = Math.min(sendsMax, this.#window * 2);
    }
    return command;
  }

  pump(): void {
    while (this.#outbox.length > 0 && this.#maySend) this.#give(this.#outbox.shift()!);
  }

  /** Nothing is answered any more: sends stay, questions are asked anew, changes are given up. */
  lost(): void {
    this.isOpen = false;
    const again: Sending[] = [];
    for (const command of this.#waiting.values()) {
      if (command.kind === "send") again.push(command.sending);
      else if (command.kind === "since") command.position.isAsked = false;
    }
    this.#waiting.clear();
    this.#sendsWaiting = 0;
    this.#window = sendsMax;
    if (!this.#isOver) this.#outbox.unshift(...again);
  }
}

/** Counts the try. */
export function sendFrame(runTag: number, sending: Sending, id: number): ClientFrame {
  const { op, standing, bytes, replyTo, dueMs } = sending;
  const isAgain = sending.tries++ > 0;
  return {
    kind: "send",
    id,
    conversation: standing.room.id,
    name: nameOf(runTag, op).toString("base64url"),
    text: textOf(op, (performance.timeOrigin + dueMs) * 1000, bytes),
    ...(replyTo > 0 && { replyTo }),
    ...(isAgain && { again: true }),
  };
}

export function changeFrame(
  kind: "edit" | "delete" | "react",
  { room }: Standing,
  seq: number,
  id: number,
): ClientFrame {
  const at = { id, conversation: room.id, seq };
  if (kind === "delete") return { kind, ...at };
  if (kind === "edit") return { kind, ...at, text: "changed my mind about what I wrote before" };
  return { kind, ...at, emoji: "👍", on: true };
}
