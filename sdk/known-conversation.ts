// What this client knows of one conversation: its feed, what the list shows of it, its people and cursors.

import type { ConversationId, MemberNo, Rev, Seq } from "#base/ids.ts";
import type { WireChange } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import type { Person } from "./account-types.ts";
import type { OpenedAnswer, SummaryAnswer } from "./api.ts";
import type { ConversationItem, ConversationKind, Message, Role } from "./conversation-types.ts";
import { Feed, type FeedEvent, messageOf } from "./feed.ts";
import { maxima } from "./maxima.ts";
import { MemberBook } from "./member-book.ts";
import type { OutboxEntry, StoredConversation } from "./store.ts";

interface About {
  readonly kind: ConversationKind;
  readonly title: string;
  readonly other?: Person;
  readonly role: Role;
  readonly memberCount: number;
  readonly createdAt: number;
  /** From the summary, until the feed holds it. */
  readonly lastMessage?: Message;
  readonly lastAuthor?: { readonly member: number; readonly displayName: string };
}

export class KnownConversation {
  readonly feed: Feed;
  readonly members = new MemberBook();
  readonly cursors = new Map<MemberNo, Seq>();
  /** Who types now, each with the end of its timer. */
  readonly typing = new Map<MemberNo, () => void>();
  /** Acknowledged sends whose rev the feed has not reached: shown as echoes until it has. */
  landing: { readonly entry: OutboxEntry; readonly rev: number }[] = [];
  readSeq = 0;
  /** null until its summary has been read. */
  about: About | null = null;
  #titleRev = 0;
  #roleRev = 0;
  /** When the summary was asked for last because the number of members was in doubt. */
  countedAt = 0;

  constructor(
    readonly id: ConversationId,
    start: { rev: number; seq: number },
    tell: (event: FeedEvent) => void,
  ) {
    this.feed = new Feed(start, tell);
  }

  get me(): MemberNo {
    return this.feed.me;
  }

  set me(member: number) {
    this.feed.me = member as MemberNo;
  }

  read(seq: number): boolean {
    if (seq <= this.readSeq) return false;
    this.readSeq = seq;
    return true;
  }

  applySummary(summary: SummaryAnswer): void {
    this.me = summary.me.member;
    this.read(summary.me.readSeq);
    const { kind, memberCount, createdAt, other, lastAuthor, rev } = summary;
    const told = summary.lastMessage && messageOf(summary.lastMessage);
    const before = this.about?.lastMessage;
    const lastMessage = told && before && before.rev > told.rev ? before : told;
    this.about = {
      kind,
      title: this.about && this.#titleRev > rev ? this.about.title : summary.title,
      role: this.about && this.#roleRev > rev ? this.about.role : summary.me.role,
      memberCount,
      createdAt,
      ...(other && { other }),
      ...(lastMessage && { lastMessage }),
      ...(lastAuthor && { lastAuthor }),
    };
    // Not into the feed's window: a summary does not say who reacted to its message.
    this.feed.heard(rev, summary.lastSeq);
  }

  applyCursors(cursors: OpenedAnswer["cursors"]): void {
    for (const { member, seq } of cursors) this.moveCursor(member, seq);
  }

  moveCursor(member: number, seq: number): void {
    const isFull = this.cursors.size >= limits.receiptsMembersMax && !this.cursors.has(member as MemberNo);
    if (member === this.me) this.read(seq);
    else if (!isFull && (this.cursors.get(member as MemberNo) ?? 0) < seq)
      this.cursors.set(member as MemberNo, seq as Seq);
  }

  /** False when the number of members is in doubt now. */
  applyMember(change: Extract<WireChange, { kind: "member" }>, missed: boolean): boolean {
    const told = this.members.apply(change);
    // Seen as it happens, "not active" is a leaving: only active members can leave.
    const more = !missed && !change.active ? -1 : told;
    if (!this.about) return true;
    if (change.member === this.me) {
      this.about = { ...this.about, role: change.role as Role };
      this.#roleRev = change.rev;
    }
    this.about = { ...this.about, memberCount: this.about.memberCount + (more ?? 0) };
    return more !== null;
  }

  /** The newest message, where only the list knows it, may be edited or deleted as well. */
  applyMessage(message: Message): void {
    const told = this.about?.lastMessage;
    if (this.about && told?.seq === message.seq && told.rev < message.rev)
      this.about = { ...this.about, lastMessage: message };
  }

  applyTitle(change: Extract<WireChange, { kind: "conversation" }>): void {
    this.#titleRev = change.rev;
    if (this.about) this.about = { ...this.about, title: change.title };
  }

  landed(): void {
    if (this.landing.length > 0) this.landing = this.landing.filter(({ rev }) => rev > this.feed.rev);
  }

  get lastMessage(): Message | undefined {
    const runs = this.feed.window.runs;
    const held = runs.findLast((run) => run.messages.length > 0)?.messages.at(-1);
    const told = this.about?.lastMessage;
    return told && (!held || held.seq < told.seq) ? told : held;
  }

  get item(): ConversationItem | undefined {
    const { about, lastMessage } = this;
    if (!about) return undefined;
    const { kind, role, memberCount, other, lastAuthor } = about;
    const author = lastMessage && this.members.get(lastMessage.author);
    const told =
      lastMessage && lastAuthor?.member === lastMessage.author ? lastAuthor.displayName : undefined;
    const lastAuthorName = author?.displayName ?? told;
    return {
      id: this.id,
      kind,
      title: kind === "direct" ? (other?.displayName ?? "") : about.title,
      ...(other && { other }),
      role,
      memberCount,
      unread: Math.max(0, this.feed.lastSeq - this.readSeq),
      lastSeq: this.feed.lastSeq as Seq,
      readSeq: this.readSeq as Seq,
      ...(lastMessage && { lastMessage }),
      ...(lastAuthorName && { lastAuthorName }),
      activeAt: lastMessage?.at ?? about.createdAt,
    };
  }

  snapshot(): StoredConversation | null {
    const { about, feed, lastMessage } = this;
    if (!about) return null;
    const { rev, seq } = feed.question ?? feed;
    const run = feed.window.runs.find(({ from, to }) => from <= seq && seq <= to);
    const messages = (run?.messages ?? []).filter((m) => m.seq <= seq).slice(-maxima.quietMessagesMax);
    const authors = new Set(messages.map(({ author }) => author));
    const { kind, title, other, role, memberCount, createdAt, lastAuthor } = about;
    return {
      id: this.id,
      kind,
      title,
      ...(other && { other }),
      role,
      member: this.me,
      memberCount,
      createdAt,
      rev: rev as Rev,
      seq: seq as Seq,
      readSeq: this.readSeq as Seq,
      messages,
      ...(lastMessage && { lastMessage }),
      ...(lastAuthor && { lastAuthor }),
      members: this.members.known.filter(({ member }) => authors.has(member)),
    };
  }

  restore(stored: StoredConversation): void {
    const { kind, title, other, role, memberCount, createdAt, lastMessage, lastAuthor } = stored;
    this.about = {
      kind,
      title,
      role,
      memberCount,
      createdAt,
      ...(other && { other }),
      ...(lastMessage && { lastMessage }),
      ...(lastAuthor && { lastAuthor }),
    };
    this.me = stored.member;
    this.read(stored.readSeq);
    this.feed.restore(stored.messages);
    this.members.read(stored.members, [], stored.rev);
  }

  endTyping(): void {
    for (const cancel of this.typing.values()) cancel();
    this.typing.clear();
  }
}
