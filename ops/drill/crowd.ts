// People who talk and read over the client library. Each says one thing at a time and waits for its acknowledgement;
// whatever was acknowledged, and whatever each was shown, is kept for the audit.

import type { ConversationId, Seq } from "#base/ids.ts";
import type { Chance } from "#ops/drill/chance.ts";
import type { DrillHistory } from "#ops/drill/history.ts";
import type { People, Person } from "#ops/drill/people.ts";
import type { Answered } from "#ops/drill/timeline.ts";

export interface Acknowledged {
  readonly conversation: ConversationId;
  readonly text: string;
  readonly seq: Seq;
}

/** What one person was shown of one conversation, in the order in which it was told. */
export interface Shown {
  readonly person: Person;
  readonly conversation: ConversationId;
  readonly seqs: number[];
}

/** One in so many messages is said to everybody. */
const hallShare = 1 / 20;

export class Crowd {
  readonly answered: Answered[] = [];
  /** When each person was shown a message of another, and how long after it was said. */
  readonly delivered: Answered[] = [];
  readonly acknowledged: Acknowledged[] = [];
  readonly shown: Shown[] = [];
  /** Codes of messages that failed for good; people see these. */
  readonly failures: string[] = [];
  /** How often a client had fallen so far behind that it began anew. */
  resyncs = 0;
  #saidAt = new Map<string, number>();
  #waiting = new Map<Person, number>();
  #said = 0;
  #talking: Promise<unknown> = Promise.resolve();
  #isTalking = false;

  constructor(
    readonly people: People,
    readonly chance: Chance,
    readonly perSecond: number,
    readonly history: DrillHistory | null = null,
  ) {}

  async start(): Promise<void> {
    for (const person of this.people.persons) this.#read(person);
    await Promise.all(this.people.persons.map(({ client }) => client.start()));
    for (const { client } of this.people.persons) while (client.state.kind !== "live") await Bun.sleep(20);
  }

  talk(): void {
    this.#isTalking = true;
    this.#talking = Promise.all(this.people.persons.map((person) => this.#talkOn(person)));
  }

  /** Fulfils when all that was said is answered. */
  async hush(): Promise<void> {
    this.#isTalking = false;
    await this.#talking;
  }

  /** The longest that anybody waited for an answer that came in this time, or waits still. */
  longestWaitMs(from: number): number {
    const now = performance.now();
    const still = [...this.#waiting.values()].map((since) => now - since);
    const came = this.answered.filter(({ at }) => at >= from).map(({ tookMs }) => tookMs);
    return Math.max(0, ...still, ...came);
  }

  /** How many wait for an answer longer than this. */
  waitingLongerThan(ms: number): number {
    const now = performance.now();
    return [...this.#waiting.values()].filter((since) => now - since > ms).length;
  }

  async stop(): Promise<void> {
    this.#isTalking = false;
    await Promise.all(this.people.persons.map(({ client }) => client.stop()));
  }

  #read(person: Person): void {
    const ofConversation = new Map<ConversationId, Shown>();
    for (const conversation of [person.home, this.people.hall]) {
      const shown: Shown = { person, conversation, seqs: [] };
      ofConversation.set(conversation, shown);
      this.shown.push(shown);
    }
    person.client.on("resynced", (conversation) => {
      this.resyncs++;
      this.history?.note(person.no, conversation, { op: "reset" });
    });
    person.client.on("message", ({ conversation, message, mine }) => {
      ofConversation.get(conversation)?.seqs.push(message.seq);
      const { seq, rev, name } = message;
      this.history?.note(person.no, conversation, { op: "shown", seq, rev, ...(name && { name }) });
      const saidAt = this.#saidAt.get(message.text);
      const at = performance.now();
      if (saidAt !== undefined && !mine) this.delivered.push({ at, tookMs: at - saidAt });
    });
  }

  async #talkOn(person: Person): Promise<void> {
    const everyMs = (1000 * this.people.persons.length) / this.perSecond;
    await Bun.sleep(this.chance.fraction() * everyMs);
    while (this.#isTalking) {
      const began = performance.now();
      await this.#say(person, this.chance.fraction() < hallShare ? this.people.hall : person.home);
      const waitMs = everyMs * (0.5 + this.chance.fraction()) - (performance.now() - began);
      if (waitMs > 0) await Bun.sleep(waitMs);
    }
  }

  async #say(person: Person, conversation: ConversationId): Promise<void> {
    const text = `${person.no}:${++this.#said}`;
    const began = performance.now();
    this.#saidAt.set(text, began);
    this.#waiting.set(person, began);
    const view = person.client.conversation(conversation);
    const named = await view.send(text);
    const name = named.ok ? named.value : "";
    if (named.ok) this.history?.note(person.no, conversation, { op: "send", name }, began);
    const receipt = named.ok ? await view.sent(named.value) : named;
    if (receipt.ok) this.history?.note(person.no, conversation, { op: "acked", name, ...receipt.value });
    else if (named.ok) this.history?.note(person.no, conversation, { op: "unknown", name });
    view.close();
    this.#waiting.delete(person);
    if (!receipt.ok) {
      this.failures.push(receipt.refusal.code);
      return;
    }
    const at = performance.now();
    this.answered.push({ at, tookMs: at - began });
    this.acknowledged.push({ conversation, text, seq: receipt.value.seq });
  }
}
