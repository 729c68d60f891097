// Writes what happens on devices into the history of a run; see history.ts for the words.

import type { Device } from "./device.ts";
import { type HistoryEvent, HistoryWriter } from "./history.ts";
import { nameOf, type Op } from "./message.ts";
import type { Applied, Position, Standing } from "./position.ts";

export class HistoryBook {
  readonly #writer: HistoryWriter;
  readonly #runTag: number;
  readonly #atUs: () => number;
  readonly #names = new Map<Op, string>();

  constructor(path: string, runTag: number, atUs: () => number) {
    this.#writer = new HistoryWriter(path);
    this.#runTag = runTag;
    this.#atUs = atUs;
  }

  sent(device: Device, { room }: Standing, op: Op, isAgain: boolean): void {
    this.#add(device, room.id, { op: isAgain ? "again" : "send", name: this.#name(op) });
  }

  acked(device: Device, { room }: Standing, op: Op, seq: number, rev: number): void {
    this.#add(device, room.id, { op: "acked", name: this.#name(op), seq, rev });
  }

  refused(device: Device, { room }: Standing, op: Op, code: string): void {
    this.#add(device, room.id, { op: "refused", name: this.#name(op), code });
  }

  unknown(device: Device, { room }: Standing, op: Op): void {
    this.#add(device, room.id, { op: "unknown", name: this.#name(op) });
  }

  shown(device: Device, room: { id: string }, { seq, rev, op }: Applied): void {
    this.#add(device, room.id, { op: "shown", ...(op >= 0 && { name: this.#name(op) }), seq, rev });
  }

  read(device: Device, { room }: Standing, seq: number): void {
    this.#add(device, room.id, { op: "read", seq });
  }

  cursor(device: Device, { room }: Standing, seq: number): void {
    this.#add(device, room.id, { op: "cursor", seq });
  }

  changed(
    device: Device,
    op: "edit" | "delete" | "react",
    { room }: Standing,
    seq: number,
    rev: number,
  ): void {
    this.#add(device, room.id, { op, seq, rev });
  }

  healed(device: Device, { standing, rev, seq }: Position, isReset: boolean): void {
    this.#add(device, standing.room.id, { op: isReset ? "reset" : "heal", seq, rev });
  }

  close(): void {
    this.#writer.close();
  }

  #add(
    { person, no }: Device,
    conversation: string,
    event: Omit<HistoryEvent, "atUs" | "person" | "device" | "conversation">,
  ): void {
    this.#writer.add({ atUs: Math.round(this.#atUs()), person, device: no, conversation, ...event });
  }

  #name(op: Op): string {
    let name = this.#names.get(op);
    if (name === undefined) {
      if (this.#names.size > 100_000) this.#names.clear();
      name = nameOf(this.#runTag, op).toString("base64url");
      this.#names.set(op, name);
    }
    return name;
  }
}
