// Commands that await an answer: numbers them, bounds how many are on the way, matches answers to them.
// It keeps nothing over the end of a connection: whoever gave a command is told `lost` and gives it again.

import type { ClientFrame, ServerFrame } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import type { Connection } from "./connection.ts";
import { maxima } from "./maxima.ts";
import type { Clock } from "./types.ts";

type WithId = Extract<ClientFrame, { id: number }>;
type WithoutId<F> = F extends unknown ? Omit<F, "id"> : never;
export type Command = WithoutId<WithId>;

export type AckFrame = Extract<ServerFrame, { kind: "ack" }>;
export type RefusedFrame = Extract<ServerFrame, { kind: "refused" }>;
export type CaughtUpFrame = Extract<ServerFrame, { kind: "caughtUp" }>;
export type AnswerFrame = AckFrame | RefusedFrame | CaughtUpFrame;

interface Given {
  readonly answered: (answer: AnswerFrame) => void;
  readonly lost: () => void;
  readonly cancelTimeout: () => void;
}

export class Commands {
  #given = new Map<number, Given>();
  #lastId = 0;

  constructor(
    readonly connection: Connection,
    readonly clock: Clock,
  ) {}

  get room(): boolean {
    return this.connection.open && this.#given.size < limits.commandsInFlightMax;
  }

  /** Exactly one of `answered` and `lost` is called. Only while there is room. */
  give(command: Command, answered: (answer: AnswerFrame) => void, lost: () => void): void {
    const id = ++this.#lastId;
    const cancelTimeout = this.clock.after(maxima.answerWithinMs, () => this.connection.distrust());
    this.#given.set(id, { answered, lost, cancelTimeout });
    this.connection.send({ ...command, id } as WithId);
  }

  /** False when the frame answers nothing that is still awaited (a duplicate, or a refusal without a number). */
  answer(frame: AnswerFrame): boolean {
    const given = frame.id === undefined ? undefined : this.#given.get(frame.id);
    if (!given) return false;
    this.#given.delete(frame.id!);
    given.cancelTimeout();
    given.answered(frame);
    return true;
  }

  down(): void {
    const all = [...this.#given.values()];
    this.#given.clear();
    for (const given of all) {
      given.cancelTimeout();
      given.lost();
    }
  }
}
