// The MessagePack codec: one array a frame, its kind's number first, then the fields in the table's order.

import { writeUuid } from "#base/ids.ts";
import type { Codec, Payload } from "./codec.ts";
import { decoded, notTooLarge } from "./decoded.ts";
import { change, clientFrame, serverFrame } from "./frames.ts";
import { checkForm, MessagePackReader } from "./messagepack-reader.ts";
import { MessagePackWriter } from "./messagepack-writer.ts";
import { WrongForm } from "./wrong-form.ts";

export const binaryCodec: Codec = {
  subprotocol: "banyan.v1.msgpack",
  encodeClient: (frame) => encoded(clientFrame, frame),
  encodeServer: (frame) => encoded(serverFrame, frame),
  decodeClient: (payload) => decoded(() => read(clientFrame, notTooLarge(payload))),
  decodeServer: (payload) => decoded(() => read(serverFrame, payload)),
  sendIdOf,
  encodeOverloaded,
  encodeChange: (value) => encoded(change, value),
  frameChanges,
};

interface Writes<T> {
  write(writer: MessagePackWriter, value: T): void;
}

interface Reads<T> {
  read(reader: MessagePackReader): T;
}

/** One for all frames: none is begun before another is whole. */
const writer = new MessagePackWriter();

function encoded<T>(type: Writes<T>, value: T): Uint8Array<ArrayBuffer> {
  writer.start();
  type.write(writer, value);
  return writer.written();
}

/** What is wrong with the form of the whole is told before what is wrong with a field. */
function read<T>(type: Reads<T>, payload: Payload): T {
  if (typeof payload === "string") throw new WrongForm("a text frame on a binary connection");
  const reader = new MessagePackReader(payload);
  try {
    const value = type.read(reader);
    reader.end();
    return value;
  } catch (error) {
    checkForm(payload);
    throw error;
  }
}

const sendNo = clientFrame.members.send.no;

/** [3, id, ...]: an array of up to fifteen values. An id that takes more than four bytes is left to the full look. */
function sendIdOf(payload: Payload): number | null {
  if (typeof payload === "string" || payload.length < idBytesMax) return null;
  if ((payload[0]! & 0xf0) !== 0x90 || payload[1] !== sendNo) return null;
  const first = payload[2]!;
  if (first < 0x80) return first;
  if (first === 0xcc) return payload[3]!;
  if (first === 0xcd) return (payload[3]! << 8) | payload[4]!;
  if (first !== 0xce) return null;
  return ((payload[3]! << 24) | (payload[4]! << 16) | (payload[5]! << 8) | payload[6]!) >>> 0;
}

const idBytesMax = 7;

/** Encoded once, with numbers of four bytes that are written over. */
const overloaded = encoded(serverFrame, {
  kind: "refused",
  code: "overloaded",
  id: 0xfffffffe,
  retryAfterMs: 0xffffffff,
});
const overloadedIdAt = overloaded.length - 9;
const overloadedRetryAt = overloaded.length - 4;

function encodeOverloaded(id: number, retryAfterMs: number): Payload {
  const frame = overloaded.slice();
  writeUint32(frame, overloadedIdAt, id);
  writeUint32(frame, overloadedRetryAt, retryAfterMs);
  return frame;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

const changesNo = serverFrame.members.changes.no;

/** [5, conversation, [change, ...]], written by hand so that the changes are copied, not encoded again. */
function frameChanges(conversation: string, changes: readonly Payload[]): Payload {
  const parts = changes as readonly Uint8Array[];
  const listHeader = parts.length < 16 ? 1 : parts.length < 65536 ? 3 : 5;
  let length = 2 + 18 + listHeader;
  for (const part of parts) length += part.length;
  const frame = new Uint8Array(length);
  frame[0] = 0x93;
  frame[1] = changesNo;
  frame[2] = 0xc4;
  frame[3] = 16;
  writeUuid(frame, 4, conversation);
  let at = 20;
  if (listHeader === 1) frame[at] = 0x90 | parts.length;
  else if (listHeader === 3) frame.set([0xdc, parts.length >> 8, parts.length & 255], at);
  else {
    frame[at] = 0xdd;
    writeUint32(frame, at + 1, parts.length);
  }
  at += listHeader;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}
