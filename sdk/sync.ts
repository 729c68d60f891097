// The client's heart: what arrives over the connection finds its conversation here, and what leaves is given in
// the right order when there is room. It holds the conversations; views and lists read from it.

import type { ConversationId, MemberNo, MessageName } from "#base/ids.ts";
import { ok, refused } from "#base/result.ts";
import type { ServerFrame, WireHead } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import type { Api, SummaryAnswer } from "./api.ts";
import { CatchUp } from "./catch-up.ts";
import type { Commands } from "./commands.ts";
import type { Connection, Welcome } from "./connection.ts";
import type { Emitter } from "./events.ts";
import type { CaughtUp, FeedEvent } from "./feed.ts";
import type { Jobs } from "./jobs.ts";
import type { Keeper } from "./keeper.ts";
import { KnownConversation } from "./known-conversation.ts";
import { maxima } from "./maxima.ts";
import { News } from "./news.ts";
import { Outbox } from "./outbox.ts";
import { PendingChanges } from "./pending-changes.ts";
import { ReadTelling } from "./read-telling.ts";
import { refusalOf } from "./refusals.ts";
import type { OutboxEntry, StoredState } from "./store.ts";
import type { Answer, Chance, ClientEvents, Clock, Receipt } from "./types.ts";

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
  readonly #reads: ReadTelling;

  constructor(readonly parts: SyncParts) {
    this.#reads = new ReadTelling(parts, (id) => this.known.get(id)?.readSeq ?? 0);
    this.news = new News(
      (id) => {
        this.views.changed(id);
        parts.events.emit("conversation", id);
      },
      () => parts.events.emit("conversations", undefined),
    );
    const changed = (id: ConversationId) => this.news.conversation(id);
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
      this.#head(head);
    }
    if (welcome.complete) for (const id of [...this.known.keys()]) if (!told.has(id)) this.gone(id);
    const needsList = !welcome.complete || [...this.known.values()].some(({ about }) => about === null);
    if (needsList) this.readList(told);
    else this.isComplete = true;
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
    switch (frame.kind) {
      case "ack":
      case "caughtUp":
        this.parts.commands.answer(frame);
        break;
      case "refused":
        if (!this.parts.commands.answer(frame) && frame.id === undefined)
          this.parts.events.emit("refused", { refusal: refusalOf(frame) });
        break;
      case "changes": {
        const known = this.#knownOrAsked(frame.conversation as ConversationId);
        if (!known) break;
        known.feed.receive(frame.changes);
        this.#settle(known);
        break;
      }
      case "pong":
        for (const { conversation, rev } of frame.heads ?? []) {
          const known = this.#knownOrAsked(conversation as ConversationId);
          known?.feed.heard(rev);
          if (known) this.catchUp.check(known.id);
        }
        break;
      case "read":
        this.#cursor(frame.conversation as ConversationId, frame.member, frame.seq);
        break;
      case "typing":
        this.#typing(frame.conversation as ConversationId, frame.member as MemberNo);
        break;
      case "joined":
        this.#head(frame.head);
        this.readSummary(frame.head.conversation as ConversationId);
        // What one looks at counts only from the moment when one is a member.
        this.views.live();
        break;
      case "left":
        this.gone(frame.conversation as ConversationId);
        break;
    }
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
    this.isComplete = false;
  }

  gone(id: ConversationId): void {
    if (!this.known.has(id)) return;
    this.#drop(id);
    this.parts.keeper.removeConversation(id);
    this.parts.events.emit("left", id);
  }

  /** The conversation, read from the server when it is not known yet. */
  async ensure(id: ConversationId): Answer<KnownConversation> {
    const known = this.known.get(id);
    if (known) return ok(known);
    const opened = await this.parts.api.open(id);
    if (!opened.ok) return opened;
    const added = this.summary(opened.value);
    return added ? ok(added) : refused({ code: "queue_full", message: "Too many conversations." });
  }

  /** For a view that opens: who has read how far is told only from then on. */
  readCursors(id: ConversationId): void {
    if (this.parts.connection.open) this.readSummary(id);
  }

  summary(summary: SummaryAnswer): KnownConversation | null {
    const id = summary.conversation;
    const known = this.known.get(id) ?? this.#add(id, summary.rev, summary.lastSeq);
    if (!known) return null;
    known.applySummary(summary);
    this.#settle(known);
    return known;
  }

  readSummary(id: ConversationId): void {
    this.parts.jobs.run(`summary ${id}`, async () => {
      const opened = await this.parts.api.open(id);
      if (opened.ok) {
        this.summary(opened.value);
        this.known.get(id)?.applyOpened(opened.value);
      } else if (opened.refusal.code === "unknown_conversation") {
        this.gone(id);
      }
      return opened;
    });
  }

  /** All pages of the list. `told`: heads that `welcome` had; what is in neither is perhaps no longer one's own. */
  readList(told: ReadonlySet<ConversationId>): void {
    this.parts.jobs.run("list", async () => {
      const seen = new Set(told);
      let after: ConversationId | undefined;
      do {
        const page = await this.parts.api.list(after);
        if (!page.ok) return page;
        for (const summary of page.value.conversations) {
          seen.add(summary.conversation);
          this.summary(summary);
        }
        after = page.value.next;
      } while (after && seen.size < maxima.conversationsMax);
      // Heads may tell of conversations that the list, fed a moment later, does not have yet.
      for (const [id, { about }] of this.known) if (!about || !seen.has(id)) this.readSummary(id);
      this.isComplete = true;
      this.news.list();
      return ok(undefined);
    });
  }

  readMembers(known: KnownConversation): void {
    this.parts.jobs.run(`members ${known.id}`, async () => {
      // Gathers what one painting asks for.
      await Promise.resolve();
      const asked = known.members.wanted();
      if (asked.length === 0) return ok(undefined);
      const { rev } = known.feed;
      const answer = await this.parts.api.membersByNumber(known.id, asked);
      if (answer.ok) known.members.read(answer.value.members, asked, rev);
      if (answer.ok) this.news.conversation(known.id);
      return answer;
    });
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

  /** After a feed moved: what follows from it, once. */
  settle(known: KnownConversation): void {
    this.#settle(known);
    this.pump();
  }

  #settle(known: KnownConversation): void {
    const { id, feed } = known;
    known.landed();
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
    this.catchUp.forget(id);
    this.news.conversation(id);
  }

  #head(head: WireHead): void {
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

  #knownOrAsked(id: ConversationId): KnownConversation | undefined {
    const known = this.known.get(id);
    if (!known) this.readSummary(id);
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
      if (mine && message.name) this.outbox.seen(message.name as MessageName, message);
      if (mine && isNew) known.read(message.seq);
      // Its acknowledgement was lost: the server may not know that its author has read so far.
      if (mine && isNew && missed) this.#reads.note(id);
      if (isNew) this.#stopsTyping(known, message.author);
      if (isNew) this.parts.events.emit("message", { conversation: id, message, mine, missed });
    } else if (event.kind === "member") {
      if (!known.applyMember(event.change, event.missed)) this.#count(known);
    } else if (event.kind === "conversation") {
      known.applyTitle(event.change);
    } else {
      this.parts.events.emit("resynced", id);
      this.readSummary(id);
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

  #cursor(id: ConversationId, member: number, seq: number): void {
    const known = this.known.get(id);
    if (!known) return;
    known.moveCursor(member, seq);
    if (member === known.me) {
      this.#reads.confirmed(id, seq);
      this.parts.keeper.conversationChanged(id);
    }
    this.news.conversation(id);
  }

  #typing(id: ConversationId, member: MemberNo): void {
    const known = this.known.get(id);
    if (!known || (known.typing.size >= limits.receiptsMembersMax && !known.typing.has(member))) return;
    known.typing.get(member)?.();
    known.typing.set(
      member,
      this.parts.clock.after(limits.typingHoldsMs, () => this.#stopsTyping(known, member)),
    );
    this.#tellTyping(known);
  }

  #stopsTyping(known: KnownConversation, member: MemberNo): void {
    known.typing.get(member)?.();
    if (known.typing.delete(member)) this.#tellTyping(known);
  }

  #tellTyping(known: KnownConversation): void {
    this.news.conversation(known.id);
    this.parts.events.emit("typing", { conversation: known.id, members: [...known.typing.keys()] });
  }

  /** The number of members is in doubt: read it again where somebody sees it, not too often. */
  #count(known: KnownConversation): void {
    const now = this.parts.clock.now();
    if (!this.views.has(known.id) || now - known.countedAt < maxima.summaryEveryMs) return;
    known.countedAt = now;
    this.readSummary(known.id);
  }
}
