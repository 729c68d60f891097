// Commands and answers between router and server: JSON, many in one NATS message. The bus is trusted, the release of
// the other side is not: what is not known is told so, and what is too large for one message goes in parts.

import type { Messaging } from "#ports/messaging.ts";
import type { Nats } from "./connection.ts";

export type Method = keyof Messaging;

const methodNames: Record<Method, true> = {
  send: true,
  edit: true,
  remove: true,
  react: true,
  since: true,
  page: true,
  read: true,
  typing: true,
  create: true,
  conversation: true,
  opened: true,
  rename: true,
  addMembers: true,
  removeMember: true,
  setRole: true,
  join: true,
  leave: true,
  members: true,
  membersByNumber: true,
  cursors: true,
  waitingCursors: true,
  newest: true,
  heads: true,
};

export function isMethod(name: string): name is Method {
  return Object.hasOwn(methodNames, name);
}

/** A command's number (its router's), its method and its arguments. */
export type Asked = readonly [id: number, method: string, args: readonly unknown[]];

/**
 * answered: with what the service gave. failed: the outcome is unknown. returned: it was not run, another may.
 * unknown: this release does not know the method.
 */
export type Answered =
  | readonly [id: number, how: "answered", value: unknown]
  | readonly [id: number, how: "failed" | "returned" | "unknown"];

const whole = 1;
const part = 2;
const partHeadBytes = 9;
/** Left free of the server's maximum, for what a message has besides its payload. */
const spareBytes = 1024;

/** Each text is one JSON value; together they are as few messages as fit. */
export function* packed(texts: readonly string[], bytesMax: number): Generator<Buffer> {
  const limit = bytesMax - spareBytes;
  let batch: string[] = [];
  let bytes = 3;
  for (const text of texts) {
    const size = Buffer.byteLength(text) + 1;
    if (batch.length > 0 && bytes + size > limit) {
      yield wholeOf(batch);
      [batch, bytes] = [[], 3];
    }
    if (size + 3 > limit) yield* partsOf(text, limit);
    else {
      batch.push(text);
      bytes += size;
    }
  }
  if (batch.length > 0) yield wholeOf(batch);
}

function wholeOf(batch: readonly string[]): Buffer {
  const text = `[${batch.join(",")}]`;
  const frame = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
  frame[0] = whole;
  frame.write(text, 1);
  return frame;
}

let partNo = 0;

function* partsOf(text: string, limit: number): Generator<Buffer> {
  const bytes = Buffer.from(text);
  const room = limit - partHeadBytes;
  const count = Math.ceil(bytes.length / room);
  partNo = (partNo + 1) >>> 0;
  for (let i = 0; i < count; i++) {
    const piece = bytes.subarray(i * room, (i + 1) * room);
    const frame = Buffer.allocUnsafe(partHeadBytes + piece.length);
    frame[0] = part;
    frame.writeUInt32LE(partNo, 1);
    frame.writeUInt16LE(i, 5);
    frame.writeUInt16LE(count, 7);
    frame.set(piece, partHeadBytes);
    yield frame;
  }
}

/** Puts what comes from one sender together again. Parts whose rest does not come are forgotten with the next. */
export class Unpacker {
  #no = -1;
  #parts: Buffer[] = [];

  /** The values that are complete with this message. */
  read(data: Uint8Array<ArrayBuffer>): readonly unknown[] {
    const frame = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    if (frame[0] === whole) return JSON.parse(frame.toString("utf8", 1));
    if (frame[0] !== part) return [];
    const [no, index, count] = [frame.readUInt32LE(1), frame.readUInt16LE(5), frame.readUInt16LE(7)];
    if (index === 0) [this.#no, this.#parts] = [no, []];
    if (no !== this.#no || index !== this.#parts.length) return [];
    this.#parts.push(Buffer.from(frame.subarray(partHeadBytes)));
    if (this.#parts.length < count) return [];
    const text = Buffer.concat(this.#parts).toString();
    [this.#no, this.#parts] = [-1, []];
    return [JSON.parse(text)];
  }
}

export const commandSubject = (nats: Nats, instance: string) => `${nats.namespace}.messaging.${instance}`;
/** Followed by the instance that answers and the number of the batch. */
export const answerSubject = (nats: Nats, router: string) => `${nats.namespace}.answers.${router}`;
/** A messaging process that was away from the bus is back: what was in flight to it may be lost. */
export const backSubject = (nats: Nats) => `${nats.namespace}.messaging-back`;
