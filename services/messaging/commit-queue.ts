// Group commit. Each lane (a partition of the log) has one writer; what arrives while it writes becomes the next
// group. No wait when idle; a bounded number of statements under way, so that groups grow instead of contention.

import type { ConversationId } from "#base/ids.ts";
import type { Appended, MessageLog, NewMessage } from "#ports/message-log.ts";

export interface CommitQueueLimits {
  /** Messages in one statement. */
  readonly groupMax: number;
  /** Commands that wait in one lane; one more is answered "full". */
  readonly laneQueueMax: number;
  /** Statements under way at once, over all lanes. */
  readonly statementsMax: number;
}

export type AppendAnswer = Appended | "unknown_conversation";

/** Told of each committed group before its senders are, so that it is announced in the order of its numbers. */
export type OnCommitted = (sends: readonly NewMessage[], answers: readonly AppendAnswer[]) => void;

interface WaitingSend {
  readonly message: NewMessage;
  readonly answer: (answer: AppendAnswer) => void;
  readonly fail: (reason: unknown) => void;
}
interface WaitingTask {
  readonly message: null;
  /** Never rejects: it answers its own caller. */
  readonly run: () => Promise<void>;
}

interface Lane {
  readonly no: number;
  waiting: (WaitingSend | WaitingTask)[];
  isBusy: boolean;
}

export class CommitQueue {
  readonly #log: MessageLog;
  readonly #limits: CommitQueueLimits;
  readonly #onCommitted: OnCommitted;
  readonly #lanes: Lane[];
  readonly #ready: Lane[] = [];
  #statements = 0;
  #whenIdle: (() => void)[] = [];

  constructor(log: MessageLog, limits: CommitQueueLimits, onCommitted: OnCommitted) {
    this.#log = log;
    this.#limits = limits;
    this.#onCommitted = onCommitted;
    this.#lanes = Array.from({ length: log.laneCount }, (_, no) => ({ no, waiting: [], isBusy: false }));
  }

  /** null: the lane is full and nothing was stored. */
  append(message: NewMessage): Promise<AppendAnswer> | null {
    const lane = this.#laneOf(message.conversation);
    if (lane.waiting.length >= this.#limits.laneQueueMax) return null;
    return new Promise((answer, fail) => this.#enter(lane, { message, answer, fail }));
  }

  /** Runs `task` as the lane's only writer, in its turn. null: the lane is full and the task did not run. */
  alone<T>(conversation: ConversationId, task: () => Promise<T>): Promise<T> | null {
    const lane = this.#laneOf(conversation);
    if (lane.waiting.length >= this.#limits.laneQueueMax) return null;
    return new Promise((answer, fail) => {
      const run = () => task().then(answer, fail);
      this.#enter(lane, { message: null, run });
    });
  }

  /** Fulfils when everything that was given so far is answered. */
  idle(): Promise<void> {
    return this.#isIdle() ? Promise.resolve() : new Promise((done) => this.#whenIdle.push(done));
  }

  get waitingCount(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.waiting.length, 0);
  }

  #laneOf(conversation: ConversationId): Lane {
    return this.#lanes[this.#log.laneOf(conversation)]!;
  }

  #enter(lane: Lane, waiting: WaitingSend | WaitingTask): void {
    lane.waiting.push(waiting);
    if (lane.waiting.length > 1 || lane.isBusy) return;
    this.#ready.push(lane);
    this.#startReady();
  }

  #startReady(): void {
    while (this.#statements < this.#limits.statementsMax && this.#ready.length > 0) {
      const lane = this.#ready.shift()!;
      this.#statements++;
      lane.isBusy = true;
      void this.#write(lane).then(() => {
        this.#statements--;
        lane.isBusy = false;
        if (lane.waiting.length > 0) this.#ready.push(lane);
        this.#startReady();
        if (this.#isIdle()) for (const done of this.#whenIdle.splice(0)) done();
      });
    }
  }

  #isIdle(): boolean {
    return this.#statements === 0 && this.#ready.length === 0;
  }

  #write(lane: Lane): Promise<void> {
    const first = lane.waiting[0]!;
    if (first.message === null) {
      lane.waiting.shift();
      return first.run();
    }
    return this.#writeGroup(lane, takeGroup(lane, this.#limits.groupMax));
  }

  async #writeGroup(lane: Lane, group: readonly WaitingSend[]): Promise<void> {
    const messages = group.map((send) => send.message);
    try {
      const answers = await this.#log.append(lane.no, messages);
      this.#onCommitted(messages, answers);
      for (let i = 0; i < group.length; i++) group[i]!.answer(answers[i]!);
    } catch (error) {
      for (const send of group) send.fail(error);
    }
  }
}

/** The sends at the front of the lane, up to the first task. */
function takeGroup(lane: Lane, groupMax: number): WaitingSend[] {
  const group: WaitingSend[] = [];
  for (const waiting of lane.waiting) {
    if (waiting.message === null || group.length === groupMax) break;
    group.push(waiting);
  }
  lane.waiting = lane.waiting.slice(group.length);
  return group;
}
