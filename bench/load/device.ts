// One device of one person: sends its commands with names and numbers, and keeps every conversation right by number.
// A light client: no store, no texts; one process holds thousands of them.

import type { ClientFrame, ServerFrame } from "#protocol/frames.ts";
import { Commands, changeFrame, type Sending, sendFrame } from "./commands.ts";
import type { Room } from "./ledger.ts";
import { Line, type LineState } from "./line.ts";
import { type Applied, Position, type Standing, standingIn } from "./position.ts";
import { readChanges } from "./read-changes.ts";
import { ShownReport } from "./shown-report.ts";
import type { Head, Surroundings } from "./surroundings.ts";

const retriable = new Set(["rate_limited", "overloaded", "draining", "unavailable"]);
/** Whoever is told this does not come again. */
const final = new Set(["not_authenticated", "unsupported_version"]);

export class Device {
  readonly positions = new Map<Room, Position>();
  readonly #world: Surroundings;
  readonly #line: Line;
  readonly #commands: Commands;
  /** When it was told to come. */
  #dueMs = 0;
  #wasLive = false;
  /** Since when it tries to be as it was; null: it is, or never was. */
  #lostAtMs: number | null = null;
  /** Where the server asked for it. */
  #report: ShownReport | null = null;
  /** Questions whose answers end the resume. */
  #resuming = 0;

  constructor(
    world: Surroundings,
    readonly no: number,
    readonly person: number,
    readonly token: string,
    /** Where the person stands; shared with their other devices. */
    readonly standings: Map<Room, Standing>,
  ) {
    this.#world = world;
    this.#line = new Line(world, no, token, this);
    this.#commands = new Commands(
      (sending, id) => {
        world.history?.sent(this, sending.standing, sending.op, sending.tries > 0);
        return sendFrame(world.runTag, sending, id);
      },
      (frame) => this.#line.write(frame),
    );
  }

  get state(): LineState {
    return this.#line.state;
  }

  get isLive(): boolean {
    return this.#line.state === "live";
  }

  /** Sends that have no answer yet. */
  get unanswered(): number {
    return this.#commands.unanswered;
  }

  get hasQuestions(): boolean {
    return this.#commands.questions > 0;
  }

  /** Sends without an answer, which are not sent again. */
  giveUp(): Sending[] {
    const open = [...this.#commands.openSends()];
    this.#commands.giveUp();
    return open;
  }

  /** The person, or the network, is there (again). */
  comes(dueMs: number): void {
    if (this.state !== "away") return;
    this.#dueMs = dueMs;
    if (this.#wasLive) this.#lostAtMs = dueMs;
    this.#line.dial();
  }

  leaves(): void {
    this.#tellReport();
    this.#line.cut();
  }

  send(sending: Sending): void {
    this.#commands.send(sending);
  }

  /** False: not now. */
  change(kind: "edit" | "delete" | "react", standing: Standing, seq: number, dueMs: number): boolean {
    if (!this.#commands.hasRoom) return false;
    this.#commands.give({ kind, standing, seq, dueMs }, (id) => changeFrame(kind, standing, seq, id));
    return true;
  }

  /** Frames without an answer. */
  tell(frame: Extract<ClientFrame, { kind: "typing" | "look" }>): void {
    if (this.isLive) this.#line.write(frame);
  }

  read(standing: Standing, seq: number): void {
    if (seq > standing.readSeq) {
      standing.readSeq = seq;
      this.#world.history?.read(this, standing, seq);
    }
    this.tellRead(standing);
  }

  /** Until the server repeats it: a `read` has no answer, and may get lost. */
  tellRead({ room, readSeq, confirmedReadSeq }: Standing): void {
    if (this.isLive && confirmedReadSeq < readSeq)
      this.#line.write({ kind: "read", conversation: room.id, seq: readSeq });
  }

  /** Also tells again how far was read, where the server has not repeated it. */
  heartbeat(nowMs: number, atOnce = false): void {
    if (!this.#line.heartbeat(nowMs, atOnce)) return;
    for (const standing of this.standings.values()) this.tellRead(standing);
  }

  /** Asks what is missing, where something still is. */
  heal(position: Position, isGap: boolean): void {
    position.isDoubted = false;
    if (!position.isBehind || position.isAsked || !this.isLive) return;
    if (!this.#commands.hasRoom) return this.#world.doubt(this, position);
    position.isAsked = true;
    const { rev, seq, standing } = position;
    this.#commands.give({ kind: "since", position, isGap, askedMs: this.#world.now() }, (id) => ({
      kind: "since",
      id,
      conversation: standing.room.id,
      rev,
      seq,
    }));
  }

  // --- what the line tells

  welcomed(frame: Extract<ServerFrame, { kind: "welcome" }>): void {
    const { notes, now } = this.#world;
    this.#commands.isOpen = true;
    const isFirst = !this.#wasLive;
    this.#wasLive = true;
    if (isFirst) notes.latency("login", now() - this.#dueMs);
    else if (!this.#world.isRollCall) notes.reconnects++;
    for (const head of frame.heads) this.#head(head);
    this.#audited(frame.auditEveryMs ?? 0);
    if (frame.complete) this.#forgetOthers(frame.heads);
    if (isFirst) this.#world.cameFirst(this);
    this.#resuming = this.#commands.questions;
    if (this.#resuming === 0) this.#resumed();
    this.#commands.pump();
  }

  lost(): void {
    if (this.isLive) this.#lostAtMs = this.#world.now();
    this.#resuming = 0;
    this.#commands.lost();
  }

  changes(bytes: Buffer, from: number): void {
    const room = this.#world.roomAt(bytes, from + 4);
    const position = room && this.positions.get(room);
    if (!position) return;
    const { ledger, notes, runTag } = this.#world;
    const { standing } = position;
    readChanges(bytes, from, runTag, (it) => {
      const { rev, seq, isLater, dueUs } = it;
      const op = it.nameOp >= 0 || !it.hasHead ? it.nameOp : it.op;
      const isOwn = it.author === standing.member;
      if (isOwn && !isLater && seq > position.seq) standing.wrote(seq);
      const before = position.seq;
      position.receive({ rev, seq, op, isLater }, ledger, this.#shown);
      const isShown = seq > before && seq === position.seq;
      if (isShown && it.hasHead && !isLater && !isOwn) notes.delivered(dueUs, this.#world.nowUs());
    });
    if (position.isBehind) this.#world.doubt(this, position);
  }

  heard(frame: ServerFrame): void {
    if (frame.kind === "ack") this.#acked(frame);
    else if (frame.kind === "caughtUp") this.#caughtUp(frame);
    else if (frame.kind === "refused") this.#refused(frame);
    else if (frame.kind === "pong") this.#ponged(frame.heads ?? []);
    else if (frame.kind === "joined") this.#joined(frame.head);
    else if (frame.kind === "left") this.#left(this.#world.roomOf(frame.conversation));
    else if (frame.kind === "read") this.#cursor(frame);
  }

  readonly #shown = (it: Applied, room: Room): void => {
    this.#world.notes.shown++;
    this.#world.history?.shown(this, room, it);
    this.#report?.shown(room, it.seq);
  };

  /** Answers from here on, or, on another gateway, not any more. */
  #audited(everyMs: number): void {
    if (everyMs === 0) this.#report = null;
    else this.#report = new ShownReport(everyMs, this.#world.now(), this.positions);
  }

  #tellReport(): void {
    if (!this.isLive || this.hasQuestions) return;
    for (const frame of this.#report?.tell(this.#world.now()) ?? []) this.#line.write(frame);
  }

  #resumed(): void {
    if (this.#lostAtMs === null) return;
    if (!this.#world.isRollCall) this.#world.notes.latency("resume", this.#world.now() - this.#lostAtMs);
    this.#lostAtMs = null;
  }

  #head(head: Head & { readonly member: number }): void {
    const room = this.#world.roomOf(head.conversation);
    const standing = standingIn(this.standings, room, head);
    if (head.lastSeq > room.lastSeq) room.lastSeq = head.lastSeq;
    const position = this.positions.get(room);
    if (!position) {
      this.positions.set(room, new Position(standing, head.rev, head.lastSeq));
      return;
    }
    this.#world.rollCall(this, position, head);
    position.heard(head.rev);
    if (position.isBehind) this.heal(position, false);
    this.tellRead(standing);
  }

  /** Whoever is told all heads is no member anywhere else: it may have left while this device was away. */
  #forgetOthers(heads: readonly Head[]): void {
    if (heads.length === this.positions.size) return;
    const told = new Set(heads.map(({ conversation }) => conversation));
    for (const room of this.positions.keys()) if (!told.has(room.id)) this.#left(room);
  }

  #left(room: Room): void {
    this.positions.delete(room);
    this.#report?.left(room);
    this.standings.delete(room);
  }

  #ponged(heads: readonly { conversation: string; rev: number }[]): void {
    for (const head of heads) this.#beat(head);
    if (this.#report?.isDue(this.#world.now())) this.#tellReport();
  }

  #joined(head: Head & { readonly member: number }): void {
    this.#head(head);
    const room = this.#world.roomOf(head.conversation);
    this.#report?.joined(room, this.positions.get(room)!);
  }

  #beat({ conversation, rev }: { conversation: string; rev: number }): void {
    const position = this.positions.get(this.#world.roomOf(conversation));
    position?.heard(rev);
    if (position?.isBehind) this.#world.doubt(this, position);
  }

  #cursor({ conversation, member, seq }: { conversation: string; member: number; seq: number }): void {
    const standing = this.standings.get(this.#world.roomOf(conversation));
    if (standing?.member !== member) return;
    standing.confirmedReadSeq = Math.max(standing.confirmedReadSeq, seq);
    standing.readSeq = Math.max(standing.readSeq, seq);
    this.#world.history?.cursor(this, standing, seq);
  }

  #acked({ id, rev, seq }: { id: number; rev: number; seq: number }): void {
    const { notes, now, history } = this.#world;
    const command = this.#commands.answered(id);
    if (!command || command.kind === "since") return;
    if (command.kind === "send") this.#sent(command.sending, rev, seq);
    else {
      notes.latency(command.kind, now() - command.dueMs);
      history?.changed(this, command.kind, command.standing, command.seq, rev);
    }
    this.#commands.pump();
  }

  #sent({ op, standing, dueMs, tries }: Sending, rev: number, seq: number): void {
    const { ledger, notes, now, history } = this.#world;
    notes.acked(now() - dueMs);
    ledger.acknowledged(standing.room, op, seq);
    history?.acked(this, standing, op, seq, rev);
    standing.wrote(seq);
    const position = this.positions.get(standing.room);
    if (!position) return;
    if (tries === 1) position.ordered(op, seq, ledger);
    position.receive({ rev, seq, op, isLater: false }, ledger, this.#shown);
    if (position.isBehind) this.#world.doubt(this, position);
  }

  #caughtUp(frame: Extract<ServerFrame, { kind: "caughtUp" }>): void {
    const { ledger, notes, now, history } = this.#world;
    const command = this.#commands.answered(frame.id);
    if (command?.kind !== "since") return;
    const { position, isGap, askedMs } = command;
    position.isAsked = false;
    if (isGap) ledger.counts.gapsHealed++;
    else if (frame.changes.length > 0) ledger.counts.breaksHealed++;
    notes.latency("catchUp", now() - askedMs);
    const rows = this.#world.rowsOf(frame.changes);
    for (const { seq, author, isLater } of rows)
      if (author === position.standing.member && !isLater) position.standing.wrote(seq);
    position.caughtUp(frame, rows, ledger, this.#shown);
    if (frame.reset) this.#report?.reset(position.standing.room, position);
    history?.healed(this, position, frame.reset);
    if (position.isBehind) this.#world.doubt(this, position);
    if (this.#resuming > 0 && --this.#resuming === 0) this.#resumed();
    this.#commands.pump();
  }

  #refused(frame: Extract<ServerFrame, { kind: "refused" }>): void {
    const { notes, later, chance } = this.#world;
    notes.refusal(frame.code);
    if (final.has(frame.code)) return this.leaves();
    const waitMs = frame.retryAfterMs ?? 500 + chance() * 500;
    if (!this.isLive) this.#line.hint(waitMs);
    const command = this.#commands.answered(frame.id);
    if (command?.kind === "since") {
      command.position.isAsked = false;
      later(waitMs, () => this.heal(command.position, command.isGap));
    } else if (command?.kind === "send" && retriable.has(frame.code))
      this.#commands.refused(command.sending, waitMs, later);
    else if (command?.kind === "send") this.#world.failed(this, command.sending, frame.code);
    this.#commands.pump();
  }
}
