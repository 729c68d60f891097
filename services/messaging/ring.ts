// The newest messages of one conversation in their current state, and what else changed lately: answers pages and
// catch-ups exactly as the log would (P6, P7), or says that it cannot (null).

import type { MemberNo, Rev, Seq } from "#base/ids.ts";
import type { Change, Message, ReactionCount } from "#core/messages/message.ts";
import type { CatchUp, Page, PageFrom, Recent, RecentMessage } from "#ports/message-log.ts";

interface Held {
  row: Message;
  /** Who chose what; null where that is not known here. */
  reactions: Map<string, Set<MemberNo>> | null;
  /** As every reader sees it, while nobody has reacted: frozen, so that what is made of it may be kept, too. */
  shown: Message | null;
}
type MemberChange = Extract<Change, { kind: "member" }>;

export class Ring {
  rev: Rev;
  lastSeq: Seq;
  /** About what it takes in memory. */
  bytes = ringBytes;
  /** The newest messages, without a gap; the last one is `lastSeq`. */
  readonly #held: Held[] = [];
  /** What changed after this rev, and is no message held here, stands in `#members` and `#title`. */
  #quietSince: Rev;
  readonly #members = new Map<MemberNo, MemberChange>();
  #title: Extract<Change, { kind: "conversation" }> | null = null;
  readonly #messagesMax: number;

  private constructor(rev: Rev, lastSeq: Seq, quietSince: Rev, messagesMax: number) {
    this.rev = rev;
    this.lastSeq = lastSeq;
    this.#quietSince = quietSince;
    this.#messagesMax = messagesMax;
  }

  static read(recent: Omit<Recent, "conversation" | "members">, messagesMax: number): Ring {
    const ring = new Ring(recent.rev, recent.lastSeq, recent.quietSince, messagesMax);
    for (const message of recent.messages) ring.#push(heldOf(message));
    return ring;
  }

  /** Of a conversation that nobody has read here: from its next message on. */
  static begun(message: Message, messagesMax: number): Ring {
    const before = [(message.rev - 1) as Rev, (message.seq - 1) as Seq] as const;
    const ring = new Ring(...before, before[0], messagesMax);
    ring.apply({ kind: "message", ...message });
    return ring;
  }

  /** False: this is not the next change, so that something is unknown here. */
  apply(change: Change): boolean {
    if (change.rev <= this.rev) return true;
    if (change.rev !== this.rev + 1) return false;
    this.rev = change.rev;
    switch (change.kind) {
      case "message":
        return this.#message(change);
      case "reaction":
        return this.#reaction(change);
      case "member":
        this.#members.set(change.member, { ...change, displayName: "" });
        this.bytes += rowBytes;
        if (this.#members.size > membersMax) this.#forgetMembers();
        return true;
      case "conversation":
        this.#title = change;
        return true;
    }
  }

  page(from: PageFrom, count: number, reader: MemberNo): Page | null {
    const { rev, lastSeq } = this;
    const first = Math.max(1, firstOf(from, count, lastSeq));
    // Who names a number that is not there yet knows more than this.
    if (first < this.#firstSeq || (from !== "head" && numberIn(from) > lastSeq)) return null;
    const to = Math.min(first + count - 1, lastSeq);
    const end = from !== "head" && "before" in from ? Math.min(to, from.before - 1) : to;
    const messages: Message[] = [];
    for (let seq = first; seq <= end; seq++) {
      const message = readBy(this.#at(seq)!, reader);
      if (!message) return null;
      messages.push(message);
    }
    return { rev, lastSeq, messages, hasBefore: first > 1 && lastSeq > 0, hasAfter: end < lastSeq };
  }

  /** null also for who has all that is here: who asks has heard of more. */
  since(rev: Rev, seq: Seq, reader: MemberNo, rowsMax: number): CatchUp | null {
    if (rev < this.#quietSince || rev >= this.rev || seq > this.lastSeq || seq + 1 < this.#firstSeq)
      return null;
    const changes: Change[] = [];
    for (const held of this.#held) {
      if (held.row.rev <= rev && held.row.seq <= seq) continue;
      const message = readBy(held, reader);
      if (!message) return null;
      changes.push({ kind: "message", ...message });
    }
    for (const member of this.#members.values()) if (member.rev > rev) changes.push(member);
    if (this.#title && this.#title.rev > rev) changes.push(this.#title);
    const head = { rev: this.rev, lastSeq: this.lastSeq };
    if (changes.length > rowsMax) return { ...head, reset: true, changes: [] };
    return { ...head, reset: false, changes: changes.sort((a, b) => a.rev - b.rev) };
  }

  /** undefined: not known here. */
  newest(): Message | null | undefined {
    return this.lastSeq === 0 ? null : this.#held.at(-1)?.row;
  }

  get #firstSeq(): number {
    return this.lastSeq - this.#held.length + 1;
  }

  #at(seq: number): Held | undefined {
    return this.#held[seq - this.#firstSeq];
  }

  #message({ kind: _, ...row }: Extract<Change, { kind: "message" }>): boolean {
    const isNew = row.seq === this.lastSeq + 1;
    if (isNew) {
      this.lastSeq = row.seq;
      this.#push({ row, reactions: new Map(), shown: null });
      return true;
    }
    if (row.seq > this.lastSeq) return false;
    const held = this.#at(row.seq);
    if (!held) return this.#elsewhere(row.rev);
    this.bytes += bytesOf(row) - bytesOf(held.row);
    held.row = row;
    held.shown = null;
    if (row.deletedAt !== undefined) held.reactions = new Map();
    return true;
  }

  #reaction({ rev, seq, emoji, member, on, count }: Extract<Change, { kind: "reaction" }>): boolean {
    const held = this.#at(seq);
    if (!held) return this.#elsewhere(rev);
    held.row = { ...held.row, rev };
    held.shown = null;
    const { reactions } = held;
    if (!reactions) return true;
    const members = reactions.get(emoji) ?? new Set();
    if (on) members.add(member);
    else members.delete(member);
    this.bytes += on ? reactorBytes : 0;
    if (members.size === 0) reactions.delete(emoji);
    else reactions.set(emoji, members);
    return members.size === count;
  }

  /** A change of a message that is not held: who asks from before it asks the log. */
  #elsewhere(rev: Rev): true {
    this.#quietSince = rev;
    return true;
  }

  #forgetMembers(): void {
    this.bytes -= rowBytes * this.#members.size;
    this.#members.clear();
    this.#quietSince = this.rev;
  }

  #push(held: Held): void {
    this.#held.push(held);
    this.bytes += bytesOf(held.row);
    if (this.#held.length <= this.#messagesMax) return;
    const { row } = this.#held.shift()!;
    this.bytes -= bytesOf(row);
    if (row.rev > this.#quietSince) this.#quietSince = row.rev;
  }
}

const ringBytes = 400;
/** With what the API keeps of it: its text once more, as JSON. */
const rowBytes = 500;
const reactorBytes = 40;
/** Member changes kept in one ring. */
const membersMax = 256;

function bytesOf(row: Message): number {
  return rowBytes + row.text.length * 3;
}

function heldOf({ row, reactions }: RecentMessage): Held {
  return {
    row,
    reactions: reactions && new Map(reactions.map(({ emoji, members }) => [emoji, new Set(members)])),
    shown: null,
  };
}

function readBy(held: Held, reader: MemberNo): Message | null {
  const { row, reactions } = held;
  if (!reactions) return null;
  if (reactions.size === 0) {
    held.shown ??= Object.freeze({ ...row, reactions: noReactions });
    return held.shown;
  }
  const counted = [...reactions].map(
    ([emoji, members]): ReactionCount => ({ emoji, count: members.size, mine: members.has(reader) }),
  );
  return { ...row, reactions: counted };
}

const noReactions: readonly ReactionCount[] = Object.freeze([]);

function numberIn(from: Exclude<PageFrom, "head">): number {
  if ("before" in from) return from.before - 1;
  return "after" in from ? from.after : from.around;
}

function firstOf(from: PageFrom, count: number, lastSeq: Seq): number {
  if (from === "head") return lastSeq - count + 1;
  if ("before" in from) return from.before - count;
  if ("after" in from) return from.after + 1;
  return from.around - Math.floor(count / 2);
}
