// One device of one person: connects, comes back when it is cut, sends its commands with names and numbers, and keeps
// every conversation right by number. A light client: no store, no texts; one process holds thousands of them.

import { inflateRawSync } from "node:zlib";
import { clientFrame, dial, type Link, opcode } from "#bench/driver/web-socket.ts";
import { codecs } from "#protocol/codecs.ts";
import { type ClientFrame, protocolVersion, type ServerFrame, serverFrame } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import type { Room } from "./ledger.ts";
import { nameOf, type Op, textOf } from "./message.ts";
import { type Applied, Position, Standing } from "./position.ts";
import { readChanges } from "./read-changes.ts";
import type { Surroundings } from "./surroundings.ts";

const codec = codecs["banyan.v1.msgpack"];
const path = "/v1/socket";
const changesNo = serverFrame.members.changes.no;
const ping = framed({ kind: "ping" });
/** Below the server's own bound, so that a `since` always finds room. */
const inFlightMax = limits.commandsInFlightMax - 4;
const retriable = new Set(["rate_limited", "overloaded", "draining", "unavailable"]);
/** Whoever is told this does not come again. */
const final = new Set(["not_authenticated", "unsupported_version"]);

/** A send on its way, from its time in the timetable to its answer. */
export interface Sending {
  readonly op: Op;
  readonly standing: Standing;
  readonly dueMs: number;
  readonly bytes: number;
  readonly replyTo: number;
  /** Was it ever given to the server before? Then its place in the order is not ours to say. */
  tries: number;
}

type Command =
  | { readonly kind: "send"; readonly sending: Sending }
  | { readonly kind: "since"; readonly position: Position; readonly isGap: boolean; readonly askedMs: number }
  | {
      readonly kind: "edit" | "delete" | "react";
      readonly standing: Standing;
      readonly seq: number;
      readonly dueMs: number;
    };

export type DeviceState = "away" | "waiting" | "dialing" | "live";

export class Device {
  state: DeviceState = "away";
  /** What the person has read and sent, by room; shared with the person's other devices. */
  readonly positions = new Map<Room, Position>();
  readonly #world: Surroundings;
  #link: Link | null = null;
  #nextId = 1;
  readonly #commands = new Map<number, Command>();
  readonly #outbox: Sending[] = [];
  #attempts = 0;
  #hintMs: number | null = null;
  /** Since when it tries to be live again; null: it was told to come for the first time. */
  #lostAtMs: number | null = null;
  #dueMs = 0;
  #heardAtMs = 0;
  /** Questions whose answers end the resume. */
  #resuming = 0;
  #wasLive = false;

  constructor(
    world: Surroundings,
    readonly no: number,
    readonly person: number,
    readonly token: string,
    readonly standings: Map<Room, Standing>,
  ) {
    this.#world = world;
  }

  get isLive(): boolean {
    return this.state === "live";
  }

  /** Sends that have no answer yet. */
  get unanswered(): number {
    let count = this.#outbox.length;
    for (const command of this.#commands.values()) if (command.kind === "send") count++;
    return count;
  }

  get hasQuestions(): boolean {
    for (const command of this.#commands.values()) if (command.kind === "since") return true;
    return false;
  }

  /** Those sends, for whom the run ends before their answers. */
  *openSends(): Generator<Sending> {
    yield* this.#outbox;
    for (const command of this.#commands.values()) if (command.kind === "send") yield command.sending;
  }

  comes(dueMs: number): void {
    if (this.state !== "away") return;
    this.#dueMs = dueMs;
    this.#dial();
  }

  /** The network is gone, or the person is; `back` brings it again. */
  leaves(): void {
    this.#link?.cut();
    this.#link = null;
    if (this.state === "live") this.#world.notes.online--;
    this.#afterLoss();
    this.state = "away";
  }

  /** As the first time, but with all that it knows. */
  back(dueMs: number): void {
    if (this.state !== "away") return;
    this.#lostAtMs = dueMs;
    this.comes(dueMs);
  }

  send(sending: Sending): void {
    if (this.state !== "live" || this.#commands.size >= inFlightMax) this.#outbox.push(sending);
    else this.#give(sending);
  }

  change(kind: "edit" | "delete" | "react", standing: Standing, seq: number, dueMs: number): boolean {
    if (!this.#hasRoom()) return false;
    const id = this.#command({ kind, standing, seq, dueMs });
    const at = { id, conversation: standing.room.id, seq };
    if (kind === "edit") this.#write({ kind, ...at, text: "changed my mind about what I wrote before" });
    else if (kind === "delete") this.#write({ kind, ...at });
    else this.#write({ kind, ...at, emoji: "👍", on: true });
    return true;
  }

  /** Frames without an answer. */
  tell(frame: Extract<ClientFrame, { kind: "typing" | "look" }>): void {
    if (this.state === "live") this.#write(frame);
  }

  read(standing: Standing, seq: number): void {
    if (seq > standing.readSeq) {
      standing.readSeq = seq;
      this.#world.history?.read(this, standing, seq);
    }
    this.tellRead(standing);
  }

  tellRead(standing: Standing): void {
    if (this.state === "live" && standing.confirmedReadSeq < standing.readSeq)
      this.#write({ kind: "read", conversation: standing.room.id, seq: standing.readSeq });
  }

  heartbeat(nowMs: number): void {
    if (this.state !== "live") return;
    if (nowMs - this.#heardAtMs > limits.silenceMs) this.#lost("nothing was heard for too long");
    else this.#link!.write(ping);
  }

  /** Asks what is missing, where it still is. */
  heal(position: Position, isGap: boolean): void {
    position.isDoubted = false;
    if (!position.isBehind || position.isAsked || this.state !== "live") return;
    if (!this.#hasRoom()) return this.#world.doubt(this, position);
    position.isAsked = true;
    const id = this.#command({ kind: "since", position, isGap, askedMs: this.#world.now() });
    const { rev, seq, standing } = position;
    this.#write({ kind: "since", id, conversation: standing.room.id, rev, seq });
  }

  // --- the connection

  #dial(): void {
    this.state = "dialing";
    const door = this.#world.doorOf(this.no);
    this.#link = dial({ ...door, path, subprotocol: codec.subprotocol }, this.#handler);
  }

  readonly #handler = {
    opened: (link: Link) => {
      if (link !== this.#link) return link.cut();
      link.write(
        framed({ kind: "hello", version: protocolVersion, token: this.token, agent: "banyan-load" }),
      );
    },
    message: (link: Link, bytes: Buffer, from: number, to: number) => {
      if (link === this.#link) this.#received(bytes, from, to);
    },
    closed: (link: Link, why: string) => {
      if (link === this.#link) this.#lost(why);
    },
  };

  #lost(why: string): void {
    const { notes, now, later, chance } = this.#world;
    const wasLive = this.state === "live";
    this.#link?.cut();
    this.#link = null;
    if (wasLive) {
      notes.online--;
      this.#lostAtMs = now();
    }
    notes.error(`connection: ${why.replace(/\d{5,}/g, "N")}`);
    this.#afterLoss();
    this.state = "waiting";
    const waitMs = this.#hintMs ?? chance() * Math.min(30_000, 1000 * 2 ** Math.max(0, this.#attempts - 2));
    this.#hintMs = null;
    this.#attempts++;
    later(waitMs, () => {
      if (this.state === "waiting") this.#dial();
    });
  }

  /** What was under way is not known to have arrived: sends stay, questions are asked anew, changes are given up. */
  #afterLoss(): void {
    const again: Sending[] = [];
    for (const command of this.#commands.values()) {
      if (command.kind === "send") again.push(command.sending);
      else if (command.kind === "since") command.position.isAsked = false;
    }
    this.#commands.clear();
    this.#outbox.unshift(...again);
    this.#resuming = 0;
  }

  #welcomed(frame: Extract<ServerFrame, { kind: "welcome" }>): void {
    const { notes, now } = this.#world;
    this.state = "live";
    this.#attempts = 0;
    notes.online++;
    if (this.#wasLive) notes.reconnects++;
    const isResume = this.#lostAtMs !== null;
    if (!isResume) notes.latency("login", now() - this.#dueMs);
    this.#wasLive = true;
    for (const head of frame.heads) this.#head(head);
    if (isResume) {
      let asked = 0;
      for (const command of this.#commands.values()) if (command.kind === "since") asked++;
      this.#resuming = asked;
      if (asked === 0) this.#resumed();
    }
    this.#pump();
  }

  #resumed(): void {
    if (this.#lostAtMs === null) return;
    this.#world.notes.latency("resume", this.#world.now() - this.#lostAtMs);
    this.#lostAtMs = null;
  }

  #head(head: { conversation: string; rev: number; lastSeq: number; readSeq: number; member: number }): void {
    const room = this.#world.roomOf(head.conversation);
    let standing = this.standings.get(room);
    if (!standing) {
      standing = new Standing(room, head.member);
      standing.readSeq = standing.confirmedReadSeq = head.readSeq;
      this.standings.set(room, standing);
    }
    standing.confirmedReadSeq = head.readSeq;
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

  // --- what comes

  #received(bytes: Buffer, from: number, to: number): void {
    this.#heardAtMs = this.#world.now();
    if (bytes[from + 1] === changesNo && bytes[from] === 0x93) this.#changes(bytes, from);
    else this.#other(Buffer.from(bytes.subarray(from, to)));
  }

  #changes(bytes: Buffer, from: number): void {
    const room = this.#world.roomAt(bytes, from + 4);
    const position = room && this.positions.get(room);
    if (!position) return;
    const { ledger, notes, runTag } = this.#world;
    readChanges(bytes, from, runTag, (it) => {
      const { rev, seq, isLater, dueUs } = it;
      const op = it.nameOp >= 0 || !it.hasHead ? it.nameOp : it.op;
      const isOwn = it.author === position.standing.member;
      if (seq > position.seq && isOwn && !isLater) this.#own(position.standing, seq);
      const before = position.seq;
      position.receive({ rev, seq, op, isLater }, ledger, this.#shown);
      if (seq > before && seq === position.seq && it.hasHead && !isLater && !isOwn)
        notes.delivered(dueUs, this.#world.nowUs());
    });
    if (position.isBehind) this.#world.doubt(this, position);
  }

  readonly #shown = (it: Applied, room: Room): void => {
    this.#world.notes.shown++;
    this.#world.history?.shown(this, room, it);
  };

  #other(bytes: Buffer): void {
    const decoded = codec.decodeServer(bytes as Buffer<ArrayBuffer>);
    if (!decoded.ok) {
      this.#world.notes.error(`a frame that does not decode: ${decoded.refusal}`);
      return;
    }
    this.#understand(decoded.value);
  }

  #understand(frame: ServerFrame): void {
    if (frame.kind === "ack") this.#acked(frame);
    else if (frame.kind === "welcome") this.#welcomed(frame);
    else if (frame.kind === "caughtUp") this.#caughtUp(frame);
    else if (frame.kind === "refused") this.#refused(frame);
    else if (frame.kind === "pong") for (const head of frame.heads ?? []) this.#beat(head);
    else if (frame.kind === "packed") this.#other(inflateRawSync(frame.deflated));
    else if (frame.kind === "drain") this.#hintMs = frame.reconnectAfterMs;
    else if (frame.kind === "joined") this.#head(frame.head);
    else if (frame.kind === "left") this.#left(this.#world.roomOf(frame.conversation));
    else if (frame.kind === "read") this.#cursor(frame);
  }

  #left(room: Room): void {
    this.positions.delete(room);
    this.standings.delete(room);
  }

  #beat({ conversation, rev }: { conversation: string; rev: number }): void {
    const position = this.positions.get(this.#world.roomOf(conversation));
    if (!position) return;
    position.heard(rev);
    if (position.isBehind) this.#world.doubt(this, position);
  }

  #cursor({ conversation, member, seq }: { conversation: string; member: number; seq: number }): void {
    const standing = this.standings.get(this.#world.roomOf(conversation));
    if (standing?.member !== member) return;
    standing.confirmedReadSeq = Math.max(standing.confirmedReadSeq, seq);
    standing.readSeq = Math.max(standing.readSeq, seq);
    this.#world.history?.cursor(this, standing, seq);
  }

  #acked({ id, rev, seq }: { id: number; rev: number; seq: number }): void {
    const command = this.#commands.get(id);
    if (!command || command.kind === "since") return;
    this.#commands.delete(id);
    if (command.kind === "send") this.#sent(command.sending, rev, seq);
    else {
      this.#world.notes.latency(command.kind, this.#world.now() - command.dueMs);
      this.#world.history?.changed(this, command.kind, command.standing, command.seq, rev);
    }
    this.#pump();
  }

  #sent(sending: Sending, rev: number, seq: number): void {
    const { ledger, notes, now, history } = this.#world;
    const { op, standing } = sending;
    notes.acked(now() - sending.dueMs);
    ledger.acknowledged(standing.room, op, seq);
    history?.acked(this, standing, op, seq, rev);
    this.#own(standing, seq);
    const position = this.positions.get(standing.room);
    if (!position) return;
    if (sending.tries === 1) this.#inOrder(position, op, seq);
    position.receive({ rev, seq, op, isLater: false }, ledger, this.#shown);
    if (position.isBehind) this.#world.doubt(this, position);
  }

  /** What was written later on this connection has the higher number ([W13]). */
  #inOrder(position: Position, op: Op, seq: number): void {
    if (position.orderOp >= 0 && op > position.orderOp !== seq > position.orderSeq)
      this.#world.ledger.fault(
        "disordered",
        1,
        `${position.standing.room.id}: a later send got seq ${Math.min(seq, position.orderSeq)}, the earlier one ${Math.max(seq, position.orderSeq)}`,
      );
    if (op > position.orderOp) {
      position.orderOp = op;
      position.orderSeq = seq;
    }
  }

  /** Sending reads: the author's cursor goes with the own message ([W23]). */
  #own(standing: Standing, seq: number): void {
    if (seq <= standing.ownSeq) return;
    standing.ownSeq = seq;
    standing.readSeq = Math.max(standing.readSeq, seq);
    standing.confirmedReadSeq = Math.max(standing.confirmedReadSeq, seq);
  }

  #caughtUp(frame: Extract<ServerFrame, { kind: "caughtUp" }>): void {
    const command = this.#commands.get(frame.id);
    if (command?.kind !== "since") return;
    this.#commands.delete(frame.id);
    const { position, isGap, askedMs } = command;
    const { ledger, notes, now, history } = this.#world;
    position.isAsked = false;
    if (isGap) ledger.counts.gapsHealed++;
    notes.latency("catchUp", now() - askedMs);
    const rows = this.#world.rowsOf(frame.changes);
    for (const { seq, author, isLater } of rows)
      if (author === position.standing.member && !isLater) this.#own(position.standing, seq);
    position.caughtUp(frame, rows, ledger, this.#shown);
    history?.healed(this, position, frame.reset);
    if (position.isBehind) this.#world.doubt(this, position);
    if (this.#resuming > 0 && --this.#resuming === 0) this.#resumed();
    this.#pump();
  }

  #refused(frame: Extract<ServerFrame, { kind: "refused" }>): void {
    const { notes, later, chance } = this.#world;
    notes.refusal(frame.code);
    const waitMs = frame.retryAfterMs ?? 500 + chance() * 500;
    if (final.has(frame.code)) return this.leaves();
    if (this.state !== "live") this.#hintMs = waitMs;
    const command = frame.id === undefined ? undefined : this.#commands.get(frame.id);
    if (!command) return;
    this.#commands.delete(frame.id!);
    if (command.kind === "since") {
      command.position.isAsked = false;
      later(waitMs, () => this.heal(command.position, command.isGap));
    } else if (command.kind === "send") {
      if (retriable.has(frame.code)) later(waitMs, () => this.send(command.sending));
      else this.#world.failed(this, command.sending, frame.code);
    }
    this.#pump();
  }

  // --- what goes

  #give(sending: Sending): void {
    const { runTag, history } = this.#world;
    const { op, standing, bytes, replyTo } = sending;
    const name = nameOf(runTag, op).toString("base64url");
    const text = textOf(op, (performance.timeOrigin + sending.dueMs) * 1000, bytes);
    const isAgain = sending.tries++ > 0;
    const id = this.#command({ kind: "send", sending });
    history?.sent(this, standing, op, isAgain);
    this.#write({
      kind: "send",
      id,
      conversation: standing.room.id,
      name,
      text,
      ...(replyTo > 0 && { replyTo }),
      ...(isAgain && { again: true }),
    });
  }

  #pump(): void {
    while (this.#outbox.length > 0 && this.state === "live" && this.#commands.size < inFlightMax)
      this.#give(this.#outbox.shift()!);
  }

  #hasRoom(): boolean {
    return this.state === "live" && this.#commands.size < limits.commandsInFlightMax - 1;
  }

  #command(command: Command): number {
    const id = this.#nextId++;
    this.#commands.set(id, command);
    return id;
  }

  #write(frame: ClientFrame): void {
    this.#link?.write(framed(frame));
  }
}

function framed(frame: ClientFrame): Buffer {
  return clientFrame(opcode.binary, codec.encodeClient(frame) as Uint8Array);
}
