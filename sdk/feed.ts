// Keeps one conversation right by number alone: whatever is lost, doubled or late on the way, what is held is a
// state that the server had, and what is missing is known. Pure: it waits for nothing and asks nobody.

import type { MemberNo, Rev, Seq } from "#base/ids.ts";
import type { WireChange } from "#protocol/frames.ts";
import type { CaughtUpFrame } from "./commands.ts";
import type { Message, Reaction } from "./conversation-types.ts";
import { maxima } from "./maxima.ts";
import { MessageWindow, type Run } from "./message-window.ts";

type MessageChange = Extract<WireChange, { kind: "message" }>;
type ReactionChange = Extract<WireChange, { kind: "reaction" }>;

/** A message's fields as frames and pages carry them. */
export type MessageFields = Omit<MessageChange, "kind">;

export type FeedEvent =
  /** `isNew`: numbered after everything seen before. `missed`: it came by catching up. */
  | { readonly kind: "message"; readonly message: Message; readonly isNew: boolean; readonly missed: boolean }
  | {
      readonly kind: "member";
      readonly change: Extract<WireChange, { kind: "member" }>;
      readonly missed: boolean;
    }
  | { readonly kind: "conversation"; readonly change: Extract<WireChange, { kind: "conversation" }> }
  | { readonly kind: "reset" };

export interface Position {
  readonly rev: number;
  readonly seq: number;
}

/** A stretch of history read for this reader, current for `rev`. */
export interface PageRead extends Run {
  readonly rev: number;
  readonly lastSeq: number;
}

export type CaughtUp = Pick<CaughtUpFrame, "rev" | "lastSeq" | "reset" | "changes">;

export class Feed {
  readonly window = new MessageWindow();
  /** Every change up to `rev` is in what is held; `seq` is the newest message at `rev`. */
  rev: number;
  seq: number;
  /** The newest message that is known to exist. */
  lastSeq: number;
  /** The reader's own number, for "mine". */
  me = 0 as MemberNo;
  /** How often everything held was dropped. */
  resets = 0;
  #held = new Map<number, WireChange>();
  #heldDropped = false;
  /** The newest change that is known to exist. */
  #knownRev: number;
  /** Some held messages are current for an older rev only: changes from there up to `until` may be missing in them. */
  #stale: (Position & { readonly until: number }) | null = null;
  /** The server stands behind what it once told: perhaps it was restored from a backup. */
  #isAhead = false;

  constructor(
    start: Position,
    readonly tell: (event: FeedEvent) => void,
  ) {
    this.rev = this.#knownRev = start.rev;
    this.seq = this.lastSeq = start.seq;
    this.window.startAfter(start.seq);
  }

  /** Changes as they come, in any order, any number of times. */
  receive(changes: readonly WireChange[]): void {
    for (const change of changes) {
      if (change.rev === this.rev + 1) this.#apply(change);
      else if (change.rev > this.rev) this.#hold(change);
    }
    this.#release();
  }

  /** Somebody who knows says that the conversation stands there. */
  heard(rev: number, lastSeq = 0): void {
    this.#knownRev = Math.max(this.#knownRev, rev);
    this.lastSeq = Math.max(this.lastSeq, lastSeq);
  }

  /** Where the server says that the conversation stands, on a new connection. */
  welcomed(rev: number, lastSeq: number): void {
    this.#isAhead = rev < this.rev;
    this.heard(rev, lastSeq);
  }

  /** From where to ask what is missing; null: nothing is known to be. */
  get question(): Position | null {
    if (this.#stale) return { rev: this.#stale.rev, seq: this.#stale.seq };
    return this.#knownRev > this.rev || this.#isAhead ? { rev: this.rev, seq: this.seq } : null;
  }

  /** The missing will not come by itself: ask without waiting. */
  get isUrgent(): boolean {
    return this.#stale !== null || this.#heldDropped;
  }

  /** The current state of every row that changed after what was asked from. */
  answer(answer: CaughtUp): void {
    this.#heldDropped = false;
    const wentBack = this.#isAhead && answer.rev < this.rev;
    this.#isAhead = false;
    if (answer.reset || wentBack) this.#reset(answer.rev, answer.lastSeq);
    else this.#catchUp(answer);
    this.#release();
  }

  page(page: PageRead): void {
    this.window.insert(page, (held, paged) => (held.rev > paged.rev ? held : paged));
    this.heard(page.rev, page.lastSeq);
    if (page.rev < this.rev) this.#doubt({ rev: page.rev, seq: Math.min(page.lastSeq, this.seq) });
    for (const message of page.messages) this.tell({ kind: "message", message, isNew: false, missed: true });
  }

  /** What the store kept: the newest messages, current for the position that the feed started from. */
  restore(messages: readonly Message[]): void {
    const from = messages[0]?.seq;
    if (from !== undefined)
      this.window.insert({ from, to: this.seq, messages: [...messages] }, (held) => held);
  }

  #hold(change: WireChange): void {
    this.heard(change.rev, change.kind === "message" ? change.seq : 0);
    if (this.#held.size >= maxima.heldChangesMax) {
      this.#held.clear();
      this.#heldDropped = true;
    } else {
      this.#held.set(change.rev, change);
    }
  }

  #release(): void {
    for (let next = this.#held.get(this.rev + 1); next; next = this.#held.get(this.rev + 1))
      this.#apply(next);
    for (const rev of this.#held.keys()) if (rev <= this.rev) this.#held.delete(rev);
  }

  #apply(change: WireChange): void {
    this.rev = change.rev;
    if (change.kind === "message") this.#applyMessage(change);
    else if (change.kind === "reaction") this.#applyReaction(change);
    else if (change.kind === "member") this.tell({ kind: "member", change, missed: false });
    else if (change.kind === "conversation") this.tell({ kind: "conversation", change });
    this.heard(this.rev);
  }

  #applyMessage(change: MessageChange): void {
    const held = this.window.get(change.seq);
    const isNew = change.seq > this.seq;
    if (change.seq > this.seq + 1) this.#doubt({ rev: change.rev - 1, seq: this.seq });
    const message = held && held.rev >= change.rev ? held : messageOf(change, held);
    if (isNew) {
      this.seq = change.seq;
      this.lastSeq = Math.max(this.lastSeq, change.seq);
      this.window.append(message);
    } else if (held) {
      this.window.put(message);
    }
    this.tell({ kind: "message", message, isNew, missed: false });
  }

  /** A state read since then has this reaction counted already. */
  #applyReaction(change: ReactionChange): void {
    const held = this.window.get(change.seq);
    if (!held || held.rev >= change.rev) return;
    const reactions = withReaction(held.reactions, change, change.member === this.me);
    const message = { ...held, rev: change.rev as Rev, reactions };
    this.window.put(message);
    this.tell({ kind: "message", message, isNew: false, missed: false });
  }

  #catchUp(answer: CaughtUp): void {
    const before = this.rev;
    const rows = answer.changes.filter((change) => change.kind === "message");
    for (const row of rows.sort((a, b) => a.seq - b.seq)) this.#mergeRow(row);
    for (const change of answer.changes.filter(({ rev }) => rev > before)) {
      if (change.kind === "member") this.tell({ kind: "member", change, missed: true });
      else if (change.kind === "conversation") this.tell({ kind: "conversation", change });
    }
    const stale = this.#stale;
    if (stale)
      this.#stale = answer.rev >= stale.until ? null : { ...stale, rev: answer.rev, seq: answer.lastSeq };
    if (answer.rev > this.rev) {
      this.rev = answer.rev;
      this.seq = Math.max(this.seq, answer.lastSeq);
    }
    this.heard(answer.rev, answer.lastSeq);
  }

  #mergeRow(row: MessageChange): void {
    const held = this.window.get(row.seq);
    const isNew = row.seq > this.seq;
    const message = held && held.rev > row.rev ? held : messageOf(row, held);
    if (isNew) {
      this.seq = row.seq;
      this.window.append(message);
    } else {
      this.window.put(message);
    }
    this.tell({ kind: "message", message, isNew, missed: true });
  }

  #reset(rev: number, lastSeq: number): void {
    this.resets++;
    this.rev = this.#knownRev = rev;
    this.seq = this.lastSeq = lastSeq;
    this.#stale = null;
    this.window.startAfter(lastSeq);
    for (const held of this.#held.values()) this.heard(held.rev);
    this.tell({ kind: "reset" });
  }

  #doubt(from: Position): void {
    const older = this.#stale && this.#stale.rev < from.rev ? this.#stale : from;
    this.#stale = { rev: older.rev, seq: older.seq, until: this.rev };
  }
}

/** `reactions` absent means "as before"; a tombstone has none. */
export function messageOf(fields: MessageFields, before?: Message): Message {
  const { rev, seq, author, at, text, name, replyTo, editedAt, deletedAt } = fields;
  return {
    rev: rev as Rev,
    seq: seq as Seq,
    author: author as MemberNo,
    at,
    text,
    ...(name !== undefined && { name: name as Message["name"] }),
    ...(replyTo !== undefined && { replyTo: replyTo as Seq }),
    ...(editedAt !== undefined && { editedAt }),
    ...(deletedAt !== undefined && { deletedAt }),
    reactions: deletedAt !== undefined ? [] : (fields.reactions ?? before?.reactions ?? []),
  };
}

function withReaction(
  reactions: readonly Reaction[],
  change: ReactionChange,
  isMine: boolean,
): readonly Reaction[] {
  const { emoji, count } = change;
  const before = reactions.find((reaction) => reaction.emoji === emoji);
  const after = { emoji, count, mine: isMine ? change.on : (before?.mine ?? false) };
  if (!before) return count > 0 ? [...reactions, after] : reactions;
  return reactions
    .map((reaction) => (reaction === before ? after : reaction))
    .filter(({ count }) => count > 0);
}
