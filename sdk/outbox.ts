// Messages on their way: each is named and kept before it is shown, given to the server until it is acknowledged,
// again with the same name after every break, in the order of their sending within a conversation.

import { toBase64Url } from "#base/base64url.ts";
import type { ConversationId, MessageName, Seq } from "#base/ids.ts";
import { type Ok, ok, type Refused, refused } from "#base/result.ts";
import { limits } from "#protocol/limits.ts";
import { backoffMs } from "./backoff.ts";
import type { AnswerFrame, Commands } from "./commands.ts";
import type { Receipt } from "./conversation-types.ts";
import type { Keeper } from "./keeper.ts";
import { maxima } from "./maxima.ts";
import type { Answer, Refusal } from "./refusals.ts";
import { localRefusal, passes, refusalOf } from "./refusals.ts";
import type { OutboxEntry } from "./store.ts";
import type { Chance, Clock } from "./types.ts";

export interface OutboxListener {
  /** What is on its way in this conversation reads differently. */
  changed(conversation: ConversationId): void;
  /** Called before the entry is gone, so that the real message stands when its echo falls. */
  acknowledged(entry: OutboxEntry, receipt: Receipt): void;
  failed(entry: OutboxEntry, refusal: Refusal): void;
}

type Sent = Ok<Receipt> | Refused<Refusal>;

interface Waiting {
  entry: OutboxEntry;
  inFlight: boolean;
  /** It may have reached the server before. */
  again: boolean;
  readonly awaited: ((sent: Sent) => void)[];
}

const utf8 = new TextEncoder();

export class Outbox {
  #waiting = new Map<MessageName, Waiting>();
  /** Named, but not yet kept and therefore not shown. */
  #keeping = 0;
  #lastOrder = 0;
  #generation = 0;
  /** Of the last sends, for who asks `sent` a moment late. */
  #receipts = new Map<MessageName, Receipt>();
  #paused: (() => void) | null = null;
  #refusals = 0;

  constructor(
    readonly parts: { commands: Commands; keeper: Keeper; clock: Clock; chance: Chance },
    readonly listener: OutboxListener,
  ) {}

  /** What is on its way in a conversation, in order, failed ones included. */
  entries(conversation: ConversationId): readonly OutboxEntry[] {
    const entries: OutboxEntry[] = [];
    for (const { entry } of this.#waiting.values())
      if (entry.conversation === conversation) entries.push(entry);
    return entries;
  }

  /** Entries that a store kept: from before a reload, or put there by another tab. Known names are left alone. */
  adopt(kept: readonly OutboxEntry[]): void {
    for (const entry of [...kept].sort((a, b) => a.order - b.order)) {
      if (this.#waiting.has(entry.name) || this.#waiting.size >= maxima.outboxEntriesMax) continue;
      this.#lastOrder = Math.max(this.#lastOrder, entry.order);
      this.#waiting.set(entry.name, { entry, inFlight: false, again: true, awaited: [] });
      this.listener.changed(entry.conversation);
    }
  }

  async add(conversation: ConversationId, wished: string, replyTo?: Seq): Answer<MessageName> {
    const text = wished.toWellFormed().replaceAll("\u0000", "");
    if (text.trim() === "") return refused(localRefusal("empty_text"));
    if (utf8.encode(text).length > limits.textBytesMax) return refused(localRefusal("too_large"));
    if (this.#waiting.size + this.#keeping >= maxima.outboxEntriesMax)
      return refused(localRefusal("queue_full"));
    const createdAt = this.parts.clock.now();
    this.#lastOrder = Math.max(this.#lastOrder + 1, createdAt);
    const name = toBase64Url(this.parts.chance.bytes(8)) as MessageName;
    const entry: OutboxEntry = {
      name,
      conversation,
      text,
      ...(replyTo !== undefined && { replyTo }),
      createdAt,
      order: this.#lastOrder,
    };
    const generation = this.#generation;
    this.#keeping++;
    await this.parts.keeper.putOutbox(entry);
    this.#keeping--;
    if (generation !== this.#generation) return refused(localRefusal("stopped"));
    this.#waiting.set(name, { entry, inFlight: false, again: false, awaited: [] });
    this.listener.changed(conversation);
    this.pump();
    return ok(name);
  }

  sent(name: MessageName): Answer<Receipt> {
    const waiting = this.#waiting.get(name);
    const receipt = this.#receipts.get(name);
    if (receipt) return Promise.resolve(ok(receipt));
    if (!waiting) return Promise.resolve(refused(localRefusal("unknown_message")));
    if (waiting.entry.refusal) return Promise.resolve(refused(waiting.entry.refusal));
    return new Promise((resolve) => waiting.awaited.push(resolve));
  }

  /** Gives what may be given now: of each conversation the first that has not failed, unless one is on the way. */
  pump(): void {
    if (this.#paused) return;
    const inFlight = new Map<ConversationId, number>();
    for (const { entry, inFlight: given } of this.#waiting.values())
      if (given) inFlight.set(entry.conversation, (inFlight.get(entry.conversation) ?? 0) + 1);
    for (const waiting of [...this.#waiting.values()]) {
      if (!this.parts.commands.room) return;
      const { entry } = waiting;
      const ahead = inFlight.get(entry.conversation) ?? 0;
      if (waiting.inFlight || entry.refusal || ahead >= maxima.sendsInFlightPerConversationMax) continue;
      inFlight.set(entry.conversation, ahead + 1);
      this.#give(waiting);
    }
  }

  /** The message was seen as stored: as good as its acknowledgement, whichever comes first. */
  seen(name: MessageName, { rev, seq, at }: Receipt): void {
    const waiting = this.#waiting.get(name);
    if (waiting) this.#remove(waiting, ok({ rev, seq, at }));
  }

  retry(name: MessageName): void {
    const waiting = this.#waiting.get(name);
    if (!waiting?.entry.refusal) return;
    const { refusal: _, ...entry } = waiting.entry;
    waiting.entry = entry;
    waiting.again = true;
    void this.parts.keeper.putOutbox(entry);
    this.listener.changed(entry.conversation);
    this.pump();
  }

  discard(name: MessageName): void {
    const waiting = this.#waiting.get(name);
    if (waiting) this.#remove(waiting, refused(localRefusal("discarded")));
  }

  /** Of a conversation that is no longer one's own. */
  discardAll(conversation: ConversationId): void {
    for (const { name } of this.entries(conversation)) this.discard(name);
  }

  /** A new connection: waiting for a hint of the old one is over. */
  resume(): void {
    this.#paused?.();
    this.#paused = null;
  }

  /** Nobody is answered any more; what is unsent stays. */
  stop(): void {
    this.resume();
    for (const { awaited } of this.#waiting.values())
      for (const resolve of awaited.splice(0)) resolve(refused(localRefusal("stopped")));
  }

  /** Forgets all without a word to the store: somebody else's now, or the client stops. */
  clear(): void {
    this.resume();
    this.#generation++;
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#receipts.clear();
    for (const { awaited } of all) for (const resolve of awaited) resolve(refused(localRefusal("stopped")));
  }

  #give(waiting: Waiting): void {
    waiting.inFlight = true;
    const { name, conversation, text, replyTo } = waiting.entry;
    this.parts.commands.give(
      {
        kind: "send",
        conversation,
        name,
        text,
        ...(replyTo !== undefined && { replyTo }),
        ...(waiting.again && { again: true }),
      },
      (answer) => this.#answered(waiting, answer),
      () => {
        waiting.inFlight = false;
        waiting.again = true;
      },
    );
    waiting.again = true;
  }

  #answered(waiting: Waiting, answer: AnswerFrame): void {
    waiting.inFlight = false;
    if (!this.#waiting.has(waiting.entry.name)) return;
    if (answer.kind === "ack") {
      this.#refusals = 0;
      this.#done(waiting, { rev: answer.rev, seq: answer.seq, at: answer.at } as Receipt);
    } else if (answer.kind === "refused") {
      this.#refusedBy(waiting, refusalOf(answer));
    }
  }

  #refusedBy(waiting: Waiting, refusal: Refusal): void {
    if (passes(refusal.code)) {
      this.#pause(refusal.retryAfterMs ?? backoffMs(this.#refusals, this.parts.chance));
      this.#refusals++;
      return;
    }
    waiting.entry = { ...waiting.entry, refusal };
    void this.parts.keeper.putOutbox(waiting.entry);
    this.listener.changed(waiting.entry.conversation);
    this.listener.failed(waiting.entry, refusal);
    for (const resolve of waiting.awaited.splice(0)) resolve(refused(refusal));
  }

  #pause(forMs: number): void {
    this.#paused?.();
    this.#paused = this.parts.clock.after(forMs, () => {
      this.#paused = null;
      this.pump();
    });
  }

  #done(waiting: Waiting, receipt: Receipt): void {
    this.listener.acknowledged(waiting.entry, receipt);
    this.#remove(waiting, ok(receipt));
  }

  #remove(waiting: Waiting, sent: Sent): void {
    const { name, conversation } = waiting.entry;
    if (!this.#waiting.delete(name)) return;
    void this.parts.keeper.removeOutbox(name);
    if (sent.ok) this.#receipts.set(name, sent.value);
    if (this.#receipts.size > maxima.receiptsMax) this.#receipts.delete(this.#receipts.keys().next().value!);
    this.listener.changed(conversation);
    for (const resolve of waiting.awaited.splice(0)) resolve(sent);
  }
}
