// The people of one process, their devices and conversations: who is there, and what devices need around them.

import { seededNumbers } from "#bench/driver/seeded.ts";
import type { WireChange } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import type { Sending } from "./commands.ts";
import { Device } from "./device.ts";
import { HistoryBook } from "./history-book.ts";
import type { Address, Job, JobPerson } from "./job.ts";
import { Ledger, Room } from "./ledger.ts";
import { headOf, nameOf, opOfName } from "./message.ts";
import { Notes } from "./notes.ts";
import type { Applied, Position, Standing } from "./position.ts";
import type { PlaceKind } from "./profile.ts";
import type { Head, Surroundings } from "./surroundings.ts";

/** Everybody is asked once in this time whether their heartbeat is due, a share of them at a time. */
const roundMs = 2_000;
const roundShares = 100;
const doubtEveryMs = 25;

export interface Person extends JobPerson {
  readonly devices: readonly Device[];
  readonly standings: Map<Room, Standing>;
  /** What they were to do before they had come for the first time; done when they have. */
  readonly early: (() => void)[];
}

export class Town implements Surroundings {
  readonly people: readonly Person[];
  readonly devices: readonly Device[];
  readonly ledger = new Ledger();
  readonly notes = new Notes();
  readonly history: HistoryBook | null;
  readonly runTag: number;
  readonly chance: () => number;
  /** When the run begins, by this process's clock. */
  startMs = 0;
  /** From when on a head that differs is a fault. */
  isRollCall = false;
  /** Every send was answered: no conversation moves any more. */
  isStill = true;
  readonly #doors: readonly Address[];
  readonly #rooms = new Map<string, Room>();
  readonly #roomsByBytes = new Map<string, Room>();
  readonly #doubts: { readonly device: Device; readonly position: Position; readonly atMs: number }[] = [];
  readonly #timers: Timer[] = [];
  readonly #byNumber = new Map<number, Person>();
  #share = 0;

  constructor(job: Job) {
    this.runTag = job.runTag;
    this.#doors = job.doors;
    this.chance = seededNumbers(job.seed + 104_729 * (job.worker + 1));
    this.history = job.historyFile
      ? new HistoryBook(job.historyFile, job.runTag, () => (this.now() - this.startMs) * 1000)
      : null;
    for (const [id, kind, members] of job.rooms) this.#keep(new Room(id, kind, members));
    const devices: Device[] = [];
    this.people = job.people.map((person) => {
      const standings = new Map<Room, Standing>();
      const own = person.tokens.map((token, i) => {
        // A number that differs over all processes: four bits for the device of a person.
        return new Device(this, person.no * 16 + i, person.no, token, standings);
      });
      devices.push(...own);
      const known = { ...person, devices: own, standings, early: [] };
      this.#byNumber.set(person.no, known);
      return known;
    });
    this.devices = devices;
    this.#timers.push(setInterval(() => this.#heartbeats(), roundMs / roundShares));
    this.#timers.push(setInterval(() => this.#lookAtDoubts(), doubtEveryMs));
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const device of this.devices) device.leaves();
    this.history?.close();
  }

  get rooms(): IterableIterator<Room> {
    return this.#rooms.values();
  }

  now(): number {
    return performance.now();
  }

  nowUs(): number {
    return (performance.timeOrigin + performance.now()) * 1000;
  }

  later(afterMs: number, then: () => void): void {
    setTimeout(then, afterMs);
  }

  doorOf(device: number): Address {
    return this.#doors[(device >> 4) % this.#doors.length]!;
  }

  roomOf(conversation: string): Room {
    return this.#rooms.get(conversation) ?? this.#keep(new Room(conversation, "public", 0));
  }

  roomAt(bytes: Buffer, at: number): Room | undefined {
    return this.#roomsByBytes.get(bytes.toString("latin1", at, at + 16));
  }

  doubt(device: Device, position: Position): void {
    if (position.isDoubted || position.isAsked) return;
    position.isDoubted = true;
    this.#doubts.push({ device, position, atMs: this.now() + limits.gapGraceMs });
  }

  /** Nothing may be under way any more: what the server says must be what the device has. */
  rollCall(device: Device, position: Position, head: Head): void {
    if (!this.isRollCall) return;
    const { room, readSeq } = position.standing;
    const who = `person ${device.person} in ${room.id}`;
    if (head.lastSeq > position.seq && this.isStill)
      this.ledger.fault(
        "lost",
        head.lastSeq - position.seq,
        `${who}: shown up to seq ${position.seq} of ${head.lastSeq}, and nothing told of more`,
      );
    // What this side counts as unread against the same sum by the server's numbers ([W23]).
    const ownUnread = position.seq - Math.min(readSeq, position.seq);
    const unread = head.lastSeq - head.readSeq;
    if (head.lastSeq === position.seq && unread !== ownUnread)
      this.ledger.fault(
        "unreadErrors",
        1,
        `${who}: ${unread} unread by the server (read ${head.readSeq} of ${head.lastSeq}), ${ownUnread} by the device`,
      );
  }

  cameFirst({ person }: Device): void {
    for (const act of this.#byNumber.get(person)!.early.splice(0)) act();
  }

  rowsOf(changes: readonly WireChange[]): (Applied & { readonly author: number })[] {
    const rows: (Applied & { author: number })[] = [];
    for (const change of changes) {
      if (change.kind !== "message") continue;
      const { rev, seq, author, name, text, editedAt, deletedAt } = change;
      const named = name === undefined ? -1 : opOfName(Buffer.from(name, "base64url"), 0, this.runTag);
      const op = named >= 0 ? named : (headOf(text)?.op ?? -1);
      rows.push({ rev, seq, op, author, isLater: editedAt !== undefined || deletedAt !== undefined });
    }
    return rows;
  }

  failed(device: Device, { op, standing }: Sending, code: string): void {
    this.notes.error(`a message was refused for good: ${code}`);
    this.history?.refused(device, standing, op, code);
  }

  placesOf(person: Person, kind: PlaceKind): Standing[] {
    const places: Standing[] = [];
    for (const standing of person.standings.values()) if (standing.room.kind === kind) places.push(standing);
    return places;
  }

  nameOf(op: number): string {
    return nameOf(this.runTag, op).toString("base64url");
  }

  #keep(room: Room): Room {
    this.#rooms.set(room.id, room);
    this.#roomsByBytes.set(Buffer.from(room.id.replaceAll("-", ""), "hex").toString("latin1"), room);
    return room;
  }

  #heartbeats(): void {
    const now = this.now();
    for (let i = this.#share; i < this.devices.length; i += roundShares) this.devices[i]!.heartbeat(now);
    this.#share = (this.#share + 1) % roundShares;
  }

  #lookAtDoubts(): void {
    const now = this.now();
    while (this.#doubts.length > 0 && this.#doubts[0]!.atMs <= now) {
      const { device, position } = this.#doubts.shift()!;
      device.heal(position, true);
    }
  }
}
