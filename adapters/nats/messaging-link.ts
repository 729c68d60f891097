// What a router has to do with one messaging instance: the commands of this turn of the event loop, which leave as
// one message, and those in flight, each with its deadline.

import { QueueBound } from "#base/queue-bound.ts";
import type { Nats } from "./connection.ts";
import {
  type Answered,
  answerSubject,
  commandSubject,
  type Method,
  packed,
  Unpacker,
} from "./messaging-codec.ts";
import { gatherMs, Pace } from "./messaging-pace.ts";

export interface Command {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
  readonly bucket: number;
  /** Commands with the same key take effect in the order given; null: in any. */
  readonly key: string | null;
  readonly askedAt: number;
  readonly deadline: number;
  /** Only this instance can answer. */
  readonly to?: string;
  /** The batch in which it left. */
  batch: number;
  attempts: number;
  readonly answer: (value: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** unheard: it reached nobody, and was not run. lost: the outcome is unknown. */
export type Outcome = Answered[1] | "unheard" | "lost";
export type Settle = (link: Link, command: Command, outcome: Outcome, value: unknown) => void;

/** How often answers are counted, and over which time their pace is a mean. */
const countEveryMs = 100;
const paceMemoryMs = 1_000;

export class Link {
  readonly instance: string;
  readonly inFlight = new Map<number, Command>();
  readonly #nats: Nats;
  readonly #router: string;
  readonly #settle: Settle;
  readonly #unpacker = new Unpacker();
  readonly #pace = new Pace();
  #outgoing: Command[] = [];
  #batch = 0;
  #deaf: { readonly batch: number; readonly at: number } | null = null;
  batches = 0;
  /** How many may be in flight, by the pace at which they are answered. */
  readonly bound: QueueBound;
  #answered = 0;
  #countedAt = performance.now();
  /** Since when the roll call no longer knows it. */
  goneAt: number | null = null;

  constructor(instance: string, nats: Nats, router: string, settle: Settle, answerMsMax: number) {
    this.bound = new QueueBound(answerMsMax);
    this.instance = instance;
    this.#nats = nats;
    this.#router = router;
    this.#settle = settle;
  }

  give(command: Command): void {
    this.inFlight.set(command.id, command);
    this.#outgoing.push(command);
    this.#pace.note(performance.now());
    if (this.#outgoing.length > 1) return;
    if (this.#pace.isWorthWaiting(this.inFlight.size)) setTimeout(() => this.#flush(), gatherMs);
    else this.#nats.atTurnsEnd(() => this.#flush());
  }

  #flush(): void {
    const commands = this.#outgoing.filter((command) => this.inFlight.has(command.id));
    this.#outgoing = [];
    if (commands.length === 0) return;
    this.#pace.left(commands.length);
    const batch = ++this.#batch;
    for (const command of commands) command.batch = batch;
    const texts = commands.map(({ id, method, args }) => JSON.stringify([id, method, args]));
    const reply = `${answerSubject(this.#nats, this.#router)}.${this.instance}.${batch}`;
    let isSent = false;
    for (const frame of packed(texts, this.#nats.payloadBytesMax())) {
      if (!this.#nats.publish(commandSubject(this.#nats, this.instance), frame, reply))
        return this.#each(commands, isSent ? "lost" : "unheard");
      isSent = true;
      this.batches++;
    }
  }

  heard(data: Uint8Array<ArrayBuffer>): void {
    for (const answered of this.#unpacker.read(data) as readonly Answered[]) {
      const command = this.inFlight.get(answered[0]);
      if (!command || !this.inFlight.delete(command.id)) continue;
      if (!isOverloaded(answered[2])) this.#answered++;
      this.#settle(this, command, answered[1], answered[2]);
    }
    this.#count(performance.now());
  }

  #count(now: number): void {
    const overMs = now - this.#countedAt;
    if (overMs < countEveryMs) return;
    this.bound.measured(this.#answered / overMs, Math.min(1, overMs / paceMemoryMs));
    this.#answered = 0;
    this.#countedAt = now;
  }

  /**
   * NATS knows nobody who would hear this batch: it was not run. What left before it may be answered still by one that
   * leaves in order, and is given up by `expire` where it is not.
   */
  nobodyHeard(batch: number, now: number): void {
    this.#deaf = { batch, at: this.#deaf?.at ?? now };
    this.#each(
      [...this.inFlight.values()].filter((command) => command.batch === batch),
      "unheard",
    );
  }

  /** Nothing that is in flight can be relied on to be answered. What has not left was not run. */
  lost(): void {
    const commands = [...this.inFlight.values()];
    this.#each(
      commands.filter((command) => command.batch > 0),
      "lost",
    );
    this.#each(
      commands.filter((command) => command.batch === 0),
      "unheard",
    );
  }

  expire(now: number, answersWithinMs: number): void {
    if (this.#deaf && this.#deaf.at + answersWithinMs <= now) {
      const { batch } = this.#deaf;
      this.#deaf = null;
      this.#each(
        [...this.inFlight.values()].filter((command) => command.batch > 0 && command.batch < batch),
        "lost",
      );
    }
    for (const command of this.inFlight.values()) {
      if (command.deadline > now) return;
      this.#each([command], "lost");
    }
  }

  #each(commands: readonly Command[], outcome: "lost" | "unheard"): void {
    for (const command of commands)
      if (this.inFlight.delete(command.id)) this.#settle(this, command, outcome, undefined);
  }
}

/** Said quickly, and no sign of what the instance can do. */
function isOverloaded(value: unknown): boolean {
  return (value as { refusal?: { reason?: string } } | null | undefined)?.refusal?.reason === "overloaded";
}
