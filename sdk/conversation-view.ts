// One opened conversation as a page shows it. It reads from the sync and keeps only where it looks.

import type { ConversationId, MemberNo, MessageName, Seq } from "#base/ids.ts";
import { ok, refused } from "#base/result.ts";
import { limits } from "#protocol/limits.ts";
import type { PageAnswer, PageFrom } from "./api.ts";
import type {
  ConversationItem,
  ConversationView,
  Member,
  Receipt,
  ShownMessage,
  ViewEvents,
} from "./conversation-types.ts";
import { Emitter } from "./events.ts";
import { messageOf } from "./feed.ts";
import type { KnownConversation } from "./known-conversation.ts";
import type { Run } from "./message-window.ts";
import type { Answer } from "./refusals.ts";
import { localRefusal } from "./refusals.ts";
import { shownEcho, shownMessage } from "./shown-message.ts";
import type { Sync } from "./sync.ts";

const pageMessages = 50;
/** Up to so many unread messages the newest page is read; above, the page around the first of them. */
const unreadOnHeadPageMax = 150;
/** With fewer messages at hand than this, opening reads a page. */
const screenMessages = 25;

export class View implements ConversationView {
  unreadFrom: Seq | undefined;
  /** "head": follows the newest; else a number within the run that is shown. */
  anchor: number | "head" = "head";
  /** Whether something was opened, and is to be read again after a reset or on a first connection. */
  isOpened = false;
  users = 1;
  #events = new Emitter<ViewEvents>();
  #loads = new Map<string, Answer<void>>();
  #lastTypingAt = Number.NEGATIVE_INFINITY;
  /** Who has read how far is still to be asked; and whether that waits for what else will be. */
  #isViewedDue = true;
  #opening = 0;
  #messages: readonly ShownMessage[] | null = null;

  constructor(
    readonly id: ConversationId,
    readonly sync: Sync,
    readonly closed: () => void,
  ) {}

  get known(): KnownConversation | undefined {
    return this.sync.known.get(this.id);
  }

  get item(): ConversationItem | undefined {
    return this.known?.item;
  }

  get messages(): readonly ShownMessage[] {
    this.#messages ??= this.#show();
    return this.#messages;
  }

  get hasBefore(): boolean {
    const run = this.#run();
    return run !== undefined && run.from > 1;
  }

  get hasAfter(): boolean {
    const run = this.#run();
    return this.anchor !== "head" && run !== undefined && run.to < (this.known?.feed.lastSeq ?? 0);
  }

  get loading(): boolean {
    return this.#loads.size > 0;
  }

  get typing(): readonly MemberNo[] {
    const { known } = this;
    return known ? [...known.typing.keys()].filter((member) => member !== known.me) : [];
  }

  get readCursors(): ReadonlyMap<MemberNo, Seq> {
    return this.known?.cursors ?? new Map();
  }

  get knownMembers(): readonly Member[] {
    return this.known?.members.known ?? [];
  }

  member(member: MemberNo): Member | undefined {
    const { known } = this;
    const found = known?.members.get(member);
    if (known && !found && known.members.want(member)) this.sync.background.members(known);
    return found;
  }

  openAtHead(): Answer<void> {
    return this.#open(() => {
      this.unreadFrom = undefined;
      this.#lookAt("head");
      return this.#readHead(pageMessages);
    });
  }

  openAtUnread(): Answer<void> {
    return this.#open(() => this.#openAtUnread());
  }

  async #openAtUnread(): Answer<void> {
    const ensured = await this.sync.background.ensure(this.id);
    if (!ensured.ok) return ensured;
    const known = ensured.value;
    const unread = known.feed.lastSeq - known.readSeq;
    if (unread <= 0) return this.openAtHead();
    const from = (known.readSeq + 1) as Seq;
    if (unread > unreadOnHeadPageMax && !known.feed.window.runAt(from)) {
      const opened = await this.openAround(from);
      this.unreadFrom = from;
      return opened;
    }
    this.unreadFrom = from;
    this.#lookAt("head");
    return this.#readHead(Math.min(limits.pageMessagesMax, unread + screenMessages), from);
  }

  openAround(seq: Seq): Answer<void> {
    return this.#open(() => this.#openAround(seq));
  }

  async #openAround(seq: Seq): Answer<void> {
    const held = this.known?.feed.window.runAt(seq);
    if (!held) {
      const read = await this.#load({ around: seq }, pageMessages);
      if (!read.ok) return read;
    }
    const run = this.known?.feed.window.runAt(seq);
    if (!run) return refused(localRefusal("unknown_message"));
    this.#lookAt(run === this.known?.feed.window.newest ? "head" : seq);
    return ok(undefined);
  }

  async loadBefore(limit = pageMessages): Answer<void> {
    const run = this.#run();
    return run && run.from > 1 ? this.#load({ before: run.from }, limit) : ok(undefined);
  }

  async loadAfter(limit = pageMessages): Answer<void> {
    const run = this.#run();
    if (!run || !this.hasAfter) return ok(undefined);
    const read = await this.#load({ after: run.to }, limit);
    const { known } = this;
    if (known && this.#run() === known.feed.window.newest) this.#lookAt("head");
    return read;
  }

  send(text: string, options: { replyTo?: Seq } = {}): Answer<MessageName> {
    if (this.hasAfter) void this.openAtHead();
    return this.sync.outbox.add(this.id, text, options.replyTo);
  }

  sent(name: MessageName): Answer<Receipt> {
    return this.sync.outbox.sent(name);
  }

  retry(name: MessageName): void {
    this.sync.outbox.retry(name);
  }

  discard(name: MessageName): void {
    this.sync.outbox.discard(name);
  }

  edit(seq: Seq, wished: string): Answer<Receipt> {
    const text = wished.toWellFormed().replaceAll("\u0000", "");
    return this.sync.pending.add({ kind: "edit", conversation: this.id, seq, text });
  }

  remove(seq: Seq): Answer<Receipt> {
    return this.sync.pending.add({ kind: "delete", conversation: this.id, seq });
  }

  react(seq: Seq, emoji: string, on: boolean): Answer<Receipt> {
    return this.sync.pending.add({ kind: "react", conversation: this.id, seq, emoji, on });
  }

  markRead(seq: Seq): void {
    this.sync.markRead(this.id, seq);
  }

  type(): void {
    const { connection, clock } = this.sync.parts;
    const now = clock.now();
    if (!connection.open || now - this.#lastTypingAt < limits.typingEveryMs) return;
    this.#lastTypingAt = now;
    connection.send({ kind: "typing", conversation: this.id });
  }

  on<E extends keyof ViewEvents>(event: E, listener: (data: ViewEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  close(): void {
    if (this.users > 0 && --this.users === 0) this.closed();
  }

  /** Asks who has read how far, unless what is being opened brings that, too. */
  tellViewed(): void {
    if (this.#opening > 0 || !this.#isViewedDue) return;
    this.#isViewedDue = false;
    this.sync.viewed(this.id);
  }

  async #open(read: () => Answer<void>): Answer<void> {
    this.isOpened = true;
    this.#opening++;
    try {
      return await read();
    } finally {
      this.#opening--;
      this.tellViewed();
    }
  }

  changed(): void {
    this.#messages = null;
    this.#events.emit("change", undefined);
  }

  /** On a new connection, and when what was held is gone. */
  reload(): void {
    if (!this.isOpened || this.#run()?.messages.length) return;
    this.anchor = "head";
    this.sync.parts.jobs.run(`page ${this.id}`, () => this.#readHead(pageMessages));
  }

  #lookAt(anchor: number | "head"): void {
    this.anchor = anchor;
    this.sync.news.conversation(this.id);
  }

  /** The run that is shown. */
  #run(): Run | undefined {
    const window = this.known?.feed.window;
    if (this.anchor === "head") return window?.newest;
    return window?.runAt(this.anchor) ?? window?.newest;
  }

  /** The newest page, unless enough is held already (`from`: enough is what reaches back to this number). */
  async #readHead(limit: number, from = Number.POSITIVE_INFINITY): Answer<void> {
    const run = this.#run();
    const isEnough = run && (run.from === 1 || (run.messages.length >= screenMessages && run.from <= from));
    return isEnough ? ok(undefined) : this.#load("head", limit);
  }

  /** One read at a time of the same page. */
  #load(from: PageFrom, limit: number): Answer<void> {
    const key = JSON.stringify(from);
    const loading = this.#loads.get(key);
    if (loading) return loading;
    const load = this.#read(from, limit).finally(() => {
      this.#loads.delete(key);
      this.sync.news.conversation(this.id);
    });
    this.#loads.set(key, load);
    this.sync.news.conversation(this.id);
    return load;
  }

  async #read(from: PageFrom, limit: number): Answer<void> {
    const ensured = await this.sync.background.ensure(this.id);
    if (!ensured.ok) return ensured;
    const known = ensured.value;
    const { resets } = known.feed;
    const page = await this.#page(known, from, limit);
    if (!page.ok) return page;
    if (this.known !== known) return refused(localRefusal("unknown_conversation"));
    // Read before everything was dropped: it would only be behind again.
    if (known.feed.resets !== resets) return from === "head" ? this.#read(from, limit) : ok(undefined);
    known.feed.page({ ...page.value, ...runOf(from, page.value) });
    this.sync.settle(known);
    return ok(undefined);
  }

  /** The newest page of a view that has just been opened comes with who has read how far. */
  async #page(known: KnownConversation, from: PageFrom, limit: number): Answer<PageAnswer> {
    const { api, connection } = this.sync.parts;
    if (from === "head" && this.#isViewedDue && connection.open) {
      this.#isViewedDue = false;
      const opened = await api.open(this.id, limit);
      if (!opened.ok) {
        this.sync.viewed(this.id);
        return opened;
      }
      if (this.known === known) this.sync.summary(opened.value)?.applyCursors(opened.value.cursors);
      if (opened.value.page) return ok(opened.value.page);
    }
    return api.page(this.id, from, limit);
  }

  #show(): readonly ShownMessage[] {
    const { known, sync } = this;
    const run = this.#run();
    const hasPending = sync.pending.has(this.id);
    const me = known?.me ?? (0 as MemberNo);
    const shown = (run?.messages ?? []).map((message) =>
      shownMessage(message, me, hasPending ? sync.pending.over(this.id, message) : null),
    );
    if (this.anchor !== "head") return shown;
    const echoes = [...(known?.landing ?? []).map(({ entry }) => entry), ...sync.outbox.entries(this.id)];
    if (echoes.length === 0) return shown;
    const stored = new Set(shown.map((message) => (message.mine ? message.name : undefined)));
    return [...shown, ...echoes.filter(({ name }) => !stored.has(name)).map((entry) => shownEcho(entry, me))];
  }
}

/** Which numbers a page accounts for, also where a number has no message any more. */
function runOf(from: PageFrom, page: PageAnswer): Run {
  const messages = page.messages.map((fields) => messageOf(fields));
  const first = messages[0]?.seq;
  const last = messages.at(-1)?.seq;
  const end = from !== "head" && "before" in from ? from.before - 1 : page.lastSeq;
  const start = from !== "head" && "after" in from ? from.after + 1 : (first ?? end + 1);
  return {
    from: page.hasBefore ? start : 1,
    to: page.hasAfter && !(from !== "head" && "before" in from) ? (last ?? start - 1) : end,
    messages,
  };
}
