// Events as bytes: a compact layout that is written once and read lazily. The encoded changes within are the
// publisher's bytes; a receiver hands out views of them and parses none (law 5), but for a codec that was left out
// because hardly anybody speaks it: that one is made from another, by the receivers that need it.
//
// byte 0: version and kind; 1 - 8: the publisher's stamp, 4 bytes of its own and a count; then by kind
//   changes: rev, lastSeq (f64 each); names: u16 count or 0xffff for null, each u8 length and bytes; u8 codecs, each
//            u8 length and name, u8 form (0 text, 1 bytes), u32 count, the payloads' u32 lengths, the payloads
//   head:    rev, lastSeq (f64 each)
//   state, user: JSON

import type { ConversationId, MessageName, Rev, Seq } from "#base/ids.ts";
import type { ConversationState, EncodedChanges, HeadEvent, UserEvent } from "#ports/event-bus.ts";

const version = 0x10;
const kinds = { changes: 1, head: 2, state: 3, user: 4 } as const;
const headBytes = 9;
const noNames = 0xffff;

/** Written into each frame: tells doubles apart. */
export class Stamp {
  readonly #own: number;
  #count = 0;
  constructor(own: number) {
    this.#own = own;
  }
  write(frame: Buffer): void {
    this.#count = (this.#count + 1) >>> 0;
    frame.writeUInt32LE(this.#own, 1);
    frame.writeUInt32LE(this.#count, 5);
  }
}

export function changesFrame(stamp: Stamp, event: EncodedChanges, codecs: readonly string[]): Buffer {
  const names = event.names;
  const lists = codecs.map((codec) => event.encoded(codec));
  let size = headBytes + 16 + 2 + 1;
  for (const name of names ?? []) size += 1 + name.length;
  for (let i = 0; i < codecs.length; i++) {
    size += 1 + codecs[i]!.length + 1 + 4;
    for (const payload of lists[i]!) size += 4 + Buffer.byteLength(payload);
  }
  const frame = begin(stamp, kinds.changes, size);
  frame.writeDoubleLE(event.rev, headBytes);
  frame.writeDoubleLE(event.lastSeq, headBytes + 8);
  let at = frame.writeUInt16LE(names === null ? noNames : names.length, headBytes + 16);
  for (const name of names ?? []) at = writeWord(frame, at, name);
  at = frame.writeUInt8(codecs.length, at);
  for (let i = 0; i < codecs.length; i++) at = writeList(frame, writeWord(frame, at, codecs[i]!), lists[i]!);
  return frame;
}

export function headFrame(stamp: Stamp, event: HeadEvent): Buffer {
  const frame = begin(stamp, kinds.head, headBytes + 16);
  frame.writeDoubleLE(event.rev, headBytes);
  frame.writeDoubleLE(event.lastSeq, headBytes + 8);
  return frame;
}

export function stateFrame(stamp: Stamp, event: ConversationState): Buffer {
  return jsonFrame(stamp, kinds.state, event);
}

export function userFrame(stamp: Stamp, event: UserEvent): Buffer {
  return jsonFrame(stamp, kinds.user, event);
}

export type Heard =
  | { readonly kind: "changes"; readonly event: EncodedChanges }
  | { readonly kind: "head"; readonly event: HeadEvent }
  | { readonly kind: "state"; readonly event: ConversationState }
  | { readonly kind: "user"; readonly event: UserEvent };

export type Payloads = readonly (string | Uint8Array<ArrayBuffer>)[];
/** Makes the payloads of one codec from those of another. */
export type Recode = (payloads: Payloads, from: string, to: string) => Payloads;

/** null: of a version or kind that this process does not know; a hint that it must do without. */
export function heardFrame(
  data: Uint8Array<ArrayBuffer>,
  conversation: ConversationId,
  recode: Recode,
): Heard | null {
  const frame = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (frame.length < headBytes || (frame[0]! & 0xf0) !== version) return null;
  switch (frame[0]! & 0x0f) {
    case kinds.changes:
      return { kind: "changes", event: new HeardChanges(conversation, frame, recode) };
    case kinds.head:
      return { kind: "head", event: { conversation, ...standing(frame) } };
    case kinds.state:
      return { kind: "state", event: JSON.parse(frame.toString("utf8", headBytes)) };
    case kinds.user:
      return { kind: "user", event: JSON.parse(frame.toString("utf8", headBytes)) };
    default:
      return null;
  }
}

export function isState(data: Uint8Array): boolean {
  return data[0] === (version | kinds.state);
}

/** Two copies of one event, and no two events, have the same. */
export function stampOf(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset + 1, headBytes - 1).toString("latin1");
}

class HeardChanges implements EncodedChanges {
  readonly conversation: ConversationId;
  readonly rev: Rev;
  readonly lastSeq: Seq;
  readonly names: readonly MessageName[] | null;
  readonly #frame: Buffer<ArrayBuffer>;
  readonly #codecsAt: number;
  readonly #recode: Recode;
  #kept: { codec: string; payloads: Payloads }[] = [];

  constructor(conversation: ConversationId, frame: Buffer<ArrayBuffer>, recode: Recode) {
    this.#recode = recode;
    this.conversation = conversation;
    this.#frame = frame;
    ({ rev: this.rev, lastSeq: this.lastSeq } = standing(frame));
    const count = frame.readUInt16LE(headBytes + 16);
    let at = headBytes + 18;
    if (count === noNames) this.names = null;
    else {
      const names: MessageName[] = [];
      for (let i = 0; i < count; i++) {
        names.push(wordAt(frame, at) as MessageName);
        at += 1 + frame[at]!;
      }
      this.names = names;
    }
    this.#codecsAt = at;
  }

  encoded(codec: string): Payloads {
    const kept = this.#kept.find((each) => each.codec === codec);
    if (kept) return kept.payloads;
    const payloads = this.#read(codec) ?? this.#recoded(codec);
    this.#kept.push({ codec, payloads });
    return payloads;
  }

  /** From the first one that came. */
  #recoded(codec: string): Payloads {
    const first = wordAt(this.#frame, this.#codecsAt + 1);
    return this.#recode(this.encoded(first), first, codec);
  }

  #read(codec: string): Payloads | null {
    const frame = this.#frame;
    let at = this.#codecsAt + 1;
    for (let left = frame[this.#codecsAt]!; left > 0; left--) {
      const name = wordAt(frame, at);
      at += 1 + frame[at]!;
      const isText = frame[at] === 0;
      const count = frame.readUInt32LE(at + 1);
      at += 5;
      let start = at + 4 * count;
      if (name === codec) {
        const payloads: (string | Uint8Array<ArrayBuffer>)[] = [];
        for (let i = 0; i < count; i++) {
          const bytes = frame.readUInt32LE(at + 4 * i);
          payloads.push(
            isText
              ? frame.toString("utf8", start, start + bytes)
              : new Uint8Array(frame.buffer, frame.byteOffset + start, bytes),
          );
          start += bytes;
        }
        return payloads;
      }
      for (let i = 0; i < count; i++) start += frame.readUInt32LE(at + 4 * i);
      at = start;
    }
    return null;
  }
}

function standing(frame: Buffer): { rev: Rev; lastSeq: Seq } {
  return { rev: frame.readDoubleLE(headBytes) as Rev, lastSeq: frame.readDoubleLE(headBytes + 8) as Seq };
}

function begin(stamp: Stamp, kind: number, size: number): Buffer {
  const frame = Buffer.allocUnsafe(size);
  frame[0] = version | kind;
  stamp.write(frame);
  return frame;
}

function jsonFrame(stamp: Stamp, kind: number, value: unknown): Buffer {
  const text = JSON.stringify(value);
  const frame = begin(stamp, kind, headBytes + Buffer.byteLength(text));
  frame.write(text, headBytes);
  return frame;
}

function writeList(frame: Buffer, from: number, list: Payloads): number {
  let at = frame.writeUInt8(typeof list[0] === "string" ? 0 : 1, from);
  at = frame.writeUInt32LE(list.length, at);
  let start = at + 4 * list.length;
  for (const payload of list) {
    const bytes = typeof payload === "string" ? frame.write(payload, start) : payload.length;
    if (typeof payload !== "string") frame.set(payload, start);
    at = frame.writeUInt32LE(bytes, at);
    start += bytes;
  }
  return start;
}

function writeWord(frame: Buffer, at: number, word: string): number {
  frame[at] = word.length;
  return at + 1 + frame.write(word, at + 1, "latin1");
}

function wordAt(frame: Buffer, at: number): string {
  return frame.toString("latin1", at + 1, at + 1 + frame[at]!);
}
