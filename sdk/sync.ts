// The client's heart: what arrives over the connection finds its conversation here, and what leaves is given in
// the right order when there is room. It holds the conversations; views and lists read from it.

import type { ConversationId, MessageName } from "#base/ids.ts";
import type { ServerFrame, WireHead } from "#protocol/frames.ts";
import type { Api, SummaryAnswer } from "./api.ts";
import { BackgroundReads } from "./background-reads.ts";
import { CatchUp } from "./catch-up.ts";
import type { Commands } from "./commands.ts";
import type { Connection, Welcome } from "./connection.ts";
import type { Receipt } from "./conversation-types.ts";
import { DeliveryReport } from "./delivery-report.ts";
import type { Emitter } from "./events.ts";
import type { CaughtUp, FeedEvent } from "./feed.ts";
import { hear } from "./hear.ts";
import type { Jobs } from "./jobs.ts";
import type { Keeper } from "./keeper.ts";
import { KnownConversation } from "./known-conversation.ts";
import { maxima } from "./maxima.ts";
import { News } from "./news.ts";
import { Outbox } from "./outbox.ts";
import { PendingChanges } from "./pending-changes.ts";
import { ReadTelling } from "./read-telling.ts";
import type { OutboxEntry, StoredState } from "./store.ts";
import type { Chance, ClientEvents, Clock } from "./types.ts";
import { TypingNotices } from "./typing-notices.ts";

export interface SyncParts {
  readonly connection: Connection;
  readonly commands: Commands;
  readonly api: Api;
  readonly keeper: Keeper;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly events: Emitter<ClientEvents>;
}

/** What the sync tells open views, which it does not know otherwise. */
export interface OpenViews {
  has(id: ConversationId): boolean;
  changed(id: ConversationId): void;
  /** The number to keep near when there are too many messages. */
  anchor(id: ConversationId): number | null;
  /** What was held is gone; read what is shown anew. */
  reload(id: ConversationId): void;
  /** A new connection: tell again what is looked at. */
  live(): void;
}

export class Sync {
  readonly outbox: Outbox;
  readonly pending: PendingChanges;
  readonly catchUp: CatchUp;
  readonly news: News;
  readonly known = new Map<ConversationId, KnownConversation>();
  /** Whether the server's list has been seen whole in this run. */
  isComplete = false;
  views!: OpenViews;
  readonly background: BackgroundReads;
  readonly #reads: ReadTelling;
  readonly typing: TypingNotices;
  readonly report: DeliveryReport;

  constructor(readonly parts: SyncParts) {
    this.#reads = new ReadTelling(parts, (id) => this.known.get(id)?.readSeq ?? 0);
    this.report = new DeliveryReport(parts, (id) => this.known.get(id)?.feed);
    this.typing = new TypingNotices(parts.clock, (conversation, members) => {
      this.news.conversation(conversation);
      parts.events.emit("typing", { conversation, members });
    });
    this.news = new News(
      (id) => {
        this.views.changed(id);
        parts.events.emit("conversation", id);
      },
      () => parts.events.emit("conversations", undefined),
    );
    const changed = (id: ConversationId) => this.news.conversation(id);
    this.background = new BackgroundReads(parts, {
      known: this.known,
      summary: (summary) => this.summary(summary),
      changed,
      gone: (id) => this.gone(id),
      listIsComplete: () => this.#complete(),
    });
    this.outbox = new Outbox(parts, {
      changed,
      acknowledged: (entry, receipt) => this.#acknowledged(entry, receipt),
      failed: (entry, refusal) =>
        parts.events.emit("refused", { refusal, conversation: entry.conversation, name: entry.name }),
    });
    this.pending = new PendingChanges(parts, {
      changed,
      acknowledged: (id, rev) => {
        const known = this.known.get(id);
        if (!known) return;
        known.feed.heard(rev);
        this.#settle(known);
      },
    });
    this.catchUp = new CatchUp(parts, {
      feed: (id) => this.known.get(id)?.feed,
      isShown: (id) => this.views.has(id),
      answered: (id, answer) => this.#caughtUp(id, answer),
      gone: (id) => this.gone(id),
    });
  }

  restore(state: StoredState): void {
    for (const stored of state.conversations.slice(0, maxima.conversationsMax)) {
      if (this.known.has(stored.id)) continue;
      this.#add(stored.id, stored.rev, stored.seq)?.restore(stored);
      this.news.conversation(stored.id);
    }
    this.outbox.adopt(state.outbox);
  }

  welcome(welcome: Welcome): void {
    const told = new Set<ConversationId>();
    for (const head of welcome.heads) {
      told.add(head.conversation as ConversationId);
      this.head(head);
    }
    this.report.welcome(welcome);
    // Perhaps left, perhaps made a moment ago and on its way to the heads: the server knows.
    if (welcome.complete) for (const id of this.known.keys()) if (!told.has(id)) this.background.summary(id);
    const needsList = !welcome.complete || [...this.known.values()].some(({ about }) => about === null);
    if (needsList) this.background.list(told);
    else this.#complete();
    this.news.list();
    this.outbox.resume();
    this.pending.resume();
    void this.parts.keeper.outbox().then((kept) => {
      this.outbox.adopt(kept);
      this.pump();
    });
    this.views.live();
    this.parts.jobs.hurry();
    this.pump();
  }

  frame(frame: ServerFrame): void {
    hear(this, frame);
    this.pump();
  }

  down(): void {
    this.catchUp.clear();
  }

  pump(): void {
    this.outbox.pump();
    this.pending.pump();
    this.catchUp.pump();
  }

  /** Who waits for an answer gets none; what is unsent stays, here and in the store. */
  stop(): void {
    this.pending.clear();
    this.outbox.stop();
    this.#reads.stop();
    for (const known of this.known.values()) known.endTyping();
  }

  /** Forgets everything in memory: another person, or logged out. */
  clear(): void {
    for (const id of [...this.known.keys()]) this.#drop(id);
    this.outbox.clear();
    this.pending.clear();
    this.catchUp.clear();
    this.report.clear();
    this.isComplete = false;
  }

  gone(id: ConversationId): void {
    if (!this.known.has(id)) return;
    this.#drop(id);
    this.parts.keeper.removeConversation(id);
    this.parts.events.emit("left", id);
  }

  /** For a view that opens: who has read how far is told only from then on. */
  viewed(id: ConversationId): void {
    if (this.parts.connection.open) this.background.summary(id);
  }

  summary(summary: SummaryAnswer): KnownConversation | null {
    const id = summary.conversation;
    const known = this.known.get(id) ?? this.#add(id, summary.rev, summary.lastSeq);
    if (!known) return null;
    known.applySummary(summary);
    this.#settle(known);
    return known;
  }

  markRead(id: ConversationId, seq: number): void {
    const known = this.known.get(id);
    if (!known?.read(Math.min(seq, known.feed.lastSeq))) return;
    this.parts.keeper.conversationChanged(id);
    this.news.conversation(id);
    this.#reads.note(id);
  }

  tellReads(): void {
    this.#reads.tell();
  }

  #complete(): void {
    this.isComplete = true;
    this.news.list();
  }

  /** After a feed moved: what follows from it, once. */
  settle(known: KnownConversation): void {
    this.#settle(known);
    this.pump();
  }

  #settle(known: KnownConversation): void {
    const { id, feed } = known;
    known.landed();
    this.report.settled(id);
    this.pending.reached(id, feed.rev);
    const isOpen = this.views.has(id);
    const max = isOpen ? maxima.openMessagesMax : maxima.quietMessagesMax;
    feed.window.trim(max, this.views.anchor(id) ?? feed.lastSeq);
    this.catchUp.check(id);
    this.parts.keeper.conversationChanged(id);
    this.news.conversation(id);
  }

  #add(id: ConversationId, rev: number, seq: number): KnownConversation | null {
    if (this.known.size >= maxima.conversationsMax) return null;
    const known = new KnownConversation(id, { rev, seq }, (event) => this.#fed(known, event));
    this.known.set(id, known);
    return known;
  }

  #drop(id: ConversationId): void {
    this.known.get(id)?.endTyping();
    this.known.delete(id);
    this.#reads.forget(id);
    this.report.left(id);
    this.catchUp.forget(id);
    this.news.conversation(id);
  }

  head(head: WireHead): void {
    const id = head.conversation as ConversationId;
    const known = this.known.get(id) ?? this.#add(id, head.rev, head.lastSeq);
    if (!known) return;
    known.me = head.member;
    known.feed.welcomed(head.rev, head.lastSeq);
    if (known.readSeq > head.readSeq) this.#reads.note(id, 0);
    known.read(head.readSeq);
    this.catchUp.check(id, true);
    this.news.conversation(id);
  }

  knownOrAsked(id: ConversationId): KnownConversation | undefined {
    const known = this.known.get(id);
    if (!known) this.background.summary(id);
    return known;
  }

  #caughtUp(id: ConversationId, answer: CaughtUp): void {
    const known = this.known.get(id);
    if (!known) return;
    known.feed.answer(answer);
    this.#settle(known);
  }

  #fed(known: KnownConversation, event: FeedEvent): void {
    const { id } = known;
    if (event.kind === "message") {
      const { message, isNew, missed } = event;
      const mine = message.author === known.me;
      known.applyMessage(message);
      this.report.shown(id, message.seq, isNew);
      if (mine && message.name) this.outbox.seen(message.name as MessageName, message);
      if (mine && isNew) known.read(message.seq);
      // Its acknowledgement was lost: the server may not know that its author has read so far.
      if (mine && isNew && missed) this.#reads.note(id);
      if (isNew) this.typing.ended(known, message.author);
      if (isNew) this.parts.events.emit("message", { conversation: id, message, mine, missed });
    } else if (event.kind === "member") {
      if (!known.applyMember(event.change, event.missed) && this.views.has(id)) this.background.count(known);
    } else if (event.kind === "conversation") {
      known.applyTitle(event.change);
    } else {
      this.report.reset(id);
      this.parts.events.emit("resynced", id);
      this.background.summary(id);
      this.views.reload(id);
    }
  }

  #acknowledged(entry: OutboxEntry, receipt: Receipt): void {
    const known = this.known.get(entry.conversation);
    if (!known || receipt.rev <= known.feed.rev) return;
    const { name, text, replyTo } = entry;
    known.landing.push({ entry, rev: receipt.rev });
    known.feed.receive([
      {
        kind: "message",
        ...receipt,
        author: known.me,
        text,
        name,
        ...(replyTo !== undefined && { replyTo }),
      },
    ]);
    this.#settle(known);
  }

  cursor(id: ConversationId, member: number, seq: number): void {
    const known = this.known.get(id);
    if (!known) return;
    known.moveCursor(member, seq);
    if (member === known.me) {
      this.#reads.confirmed(id, seq);
      this.parts.keeper.conversationChanged(id);
    }
    this.news.conversation(id);
  }
}
