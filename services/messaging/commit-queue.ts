// Group commit. Each lane of the log has one writer; what arrives while it writes becomes the next group. A lane with
// little to do writes at once; the quicker messages come, the longer it waits for company, up to a few milliseconds,
// because a statement for one costs ten times a share in a statement for fifty. Statements under way are bounded.

import type { ConversationId } from "#base/ids.ts";
import { QueueBound } from "#base/queue-bound.ts";
import type { Clock } from "#ports/clock.ts";
import type { Appended, MessageLog, NewMessage } from "#ports/message-log.ts";

export interface CommitQueueLimits {
  /** Messages in one statement. */
  readonly groupMax: number;
  /** Commands that wait in one lane; one more is answered "full". */
  readonly laneQueueMax: number;
  /** Where more than a few wait, so many may that none waits longer; the nearer to it, the more are answered "full". */
  readonly laneWaitMsMax: number;
  /** Statements under way at once, over all lanes. */
  readonly statementsMax: number;
  /** How long the first of a group waits for more, in a lane where more can be expected by then. */
  readonly groupWaitMs: number;
}

/** A group of this size is worth its statement: more would save little, and it does not wait for them. */
export const groupEnough = 32;
/** Of whom so many can be expected within the whole wait, half of it is waited. */
const companyForHalf = 4;

/**
 * How long a group waits for company, of whom `expected` would come within the whole wait. Who comes seldom is answered
 * soon; and the number of groups a second stays about the same from some hundred messages a second on, so that more
 * messages never cost less than fewer.
 */
export function waitFor(expected: number, groupWaitMs: number): number {
  return (groupWaitMs * expected) / (expected + companyForHalf);
}

/** Fewer than these (or than a whole group, where it is smaller) are no queue. */
const queueMin = 256;
/** What one group counts for in the mean of the last ones. */
const latestShare = 0.1;
/** Over which time a lane's rate is measured. */
const rateMemoryMs = 200;

export type AppendAnswer = Appended | "unknown_conversation";

export interface CommitListener {
  /** Told of each group before its senders are, so that it is announced in the order of its numbers. */
  committed(sends: readonly NewMessage[], answers: readonly AppendAnswer[]): void;
  /** A write failed in a way that leaves open whether it was committed. */
  failed(conversations: Iterable<ConversationId>): void;
}

interface WaitingSend {
  readonly since: number;
  readonly message: NewMessage;
  readonly answer: (answer: AppendAnswer) => void;
  readonly fail: (reason: unknown) => void;
}
interface WaitingTask {
  readonly since: number;
  readonly message: null;
  /** Never rejects: it answers its own caller. */
  readonly run: () => Promise<void>;
}

interface Lane {
  readonly no: number;
  waiting: (WaitingSend | WaitingTask)[];
  /** idle: nothing to do. gathering: waits for company. ready: waits for a statement. writing: one is under way. */
  state: "idle" | "gathering" | "ready" | "writing";
  /** Sends in the last `rateMemoryMs` or so. */
  recent: number;
  lastSendAt: number;
  /** When the first of those that wait now came. */
  waitingSince: number;
  readonly bound: QueueBound;
  /** Since when it writes groups without a pause; 0: it waits for more. */
  fullSince: number;
}

export class CommitQueue {
  readonly #log: MessageLog;
  readonly #limits: CommitQueueLimits;
  readonly #clock: Clock;
  readonly #listener: CommitListener;
  readonly #lanes: Lane[];
  readonly #ready: Lane[] = [];
  #statements = 0;
  #whenIdle: (() => void)[] = [];

  constructor(log: MessageLog, limits: CommitQueueLimits, clock: Clock, listener: CommitListener) {
    this.#log = log;
    this.#limits = limits;
    this.#clock = clock;
    this.#listener = listener;
    this.#lanes = Array.from({ length: log.laneCount }, (_, no) => ({
      no,
      waiting: [],
      state: "idle" as const,
      recent: 0,
      lastSendAt: 0,
      waitingSince: 0,
      bound: new QueueBound(limits.laneWaitMsMax),
      fullSince: 0,
    }));
  }

  /** null: the lane is full and nothing was stored. */
  append(message: NewMessage): Promise<AppendAnswer> | null {
    const lane = this.#laneOf(message.conversation);
    if (this.#isFull(lane)) return null;
    const since = this.#clock.now();
    return new Promise((answer, fail) => this.#enter(lane, { message, since, answer, fail }));
  }

  /** Runs `task` as the lane's only writer, in its turn. null: the lane is full and the task did not run. */
  alone<T>(conversation: ConversationId, task: () => Promise<T>): Promise<T> | null {
    const lane = this.#laneOf(conversation);
    if (this.#isFull(lane)) return null;
    const since = this.#clock.now();
    return new Promise((answer, fail) => {
      const run = () =>
        task().then(answer, (error: unknown) => {
          this.#listener.failed([conversation]);
          fail(error);
        });
      this.#enter(lane, { message: null, since, run });
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

  /** By number, and by time: what waits longer than that is worth less than an early refusal. */
  #isFull({ waiting, bound }: Lane): boolean {
    const { laneQueueMax, laneWaitMsMax, groupMax } = this.#limits;
    if (waiting.length >= laneQueueMax) return true;
    if (waiting.length <= Math.min(groupMax, queueMin)) return false;
    const now = this.#clock.now();
    return now - waiting[0]!.since > laneWaitMsMax || !bound.takes(waiting.length, now);
  }

  #enter(lane: Lane, waiting: WaitingSend | WaitingTask): void {
    const now = waiting.since;
    if (waiting.message) {
      lane.recent = lane.recent * Math.exp((lane.lastSendAt - now) / rateMemoryMs) + 1;
      lane.lastSendAt = now;
    }
    if (lane.waiting.length === 0) lane.waitingSince = now;
    lane.waiting.push(waiting);
    if (lane.state === "idle" || (lane.state === "gathering" && this.#isWorthIt(lane, now)))
      this.#gatherOrStart(lane, now);
  }

  #gatherOrStart(lane: Lane, now: number): void {
    if (this.#isWorthIt(lane, now)) {
      lane.state = "ready";
      this.#ready.push(lane);
      return this.#startReady();
    }
    lane.state = "gathering";
    this.#clock.after(lane.waitingSince + this.#waitMs(lane) - now, () => {
      if (lane.state === "gathering") this.#gatherOrStart(lane, this.#clock.now());
    });
  }

  /** Whether to write now: nobody can be expected soon, enough have come, or the first has waited long enough. */
  #isWorthIt(lane: Lane, now: number): boolean {
    if (lane.waiting.length >= groupEnough || lane.waiting[0]!.message === null) return true;
    return now - lane.waitingSince >= this.#waitMs(lane);
  }

  /** In whole milliseconds: a fraction of one is not worth a timer. */
  #waitMs(lane: Lane): number {
    const { groupWaitMs } = this.#limits;
    return Math.floor(waitFor((lane.recent * groupWaitMs) / rateMemoryMs, groupWaitMs));
  }

  #startReady(): void {
    while (this.#statements < this.#limits.statementsMax && this.#ready.length > 0) {
      const lane = this.#ready.shift()!;
      this.#statements++;
      lane.state = "writing";
      void this.#write(lane).then(() => this.#written(lane));
    }
  }

  #written(lane: Lane): void {
    this.#statements--;
    lane.state = "idle";
    if (lane.waiting.length > 0) this.#gatherOrStart(lane, this.#clock.now());
    this.#startReady();
    if (this.#isIdle()) for (const done of this.#whenIdle.splice(0)) done();
  }

  #isIdle(): boolean {
    return this.#lanes.every((lane) => lane.state === "idle");
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
      lane.waitingSince = this.#clock.now();
      const answers = await this.#log.append(lane.no, messages);
      this.#measure(lane, group.length);
      this.#listener.committed(messages, answers);
      for (let i = 0; i < group.length; i++) group[i]!.answer(answers[i]!);
    } catch (error) {
      this.#listener.failed(new Set(messages.map((message) => message.conversation)));
      for (const send of group) send.fail(error);
    }
  }

  /** From group to group, where there was enough for one: what the process does in between counts as well. */
  #measure(lane: Lane, count: number): void {
    const now = this.#clock.now();
    if (lane.fullSince > 0) lane.bound.measured(count / Math.max(1, now - lane.fullSince), latestShare);
    lane.fullSince = lane.waiting.length >= Math.min(this.#limits.groupMax, queueMin) ? now : 0;
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
