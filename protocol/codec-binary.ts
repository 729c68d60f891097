// The MessagePack codec: one array a frame, its kind's number first, then the fields in the table's order.

import { Packr, Unpackr } from "msgpackr";
import { uuidToBytes } from "#base/ids.ts";
import type { Codec, Payload } from "./codec.ts";
import { decoded, notTooLarge } from "./decoded.ts";
import { change, clientFrame, serverFrame } from "./frames.ts";
import { checkMessagePack } from "./messagepack-form.ts";
import { WrongForm } from "./wire-types.ts";

const packr = new Packr({ useRecords: false, variableMapSize: true });
/** Whole numbers may come as 64-bit integers or as floats, whichever a client's library prefers. */
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, int64AsType: "number" });

export const binaryCodec: Codec = {
  subprotocol: "banyan.v1.msgpack",
  encodeClient: (frame) => pack(clientFrame.toBinary(frame)),
  encodeServer: (frame) => pack(serverFrame.toBinary(frame)),
  decodeClient: (payload) => decoded(() => clientFrame.fromBinary(unpack(notTooLarge(payload)))),
  decodeServer: (payload) => decoded(() => serverFrame.fromBinary(unpack(payload))),
  sendIdOf,
  encodeOverloaded,
  encodeChange: (value) => pack(change.toBinary(value)),
  frameChanges,
};

function pack(value: unknown): Uint8Array<ArrayBuffer> {
  return new Uint8Array(packr.pack(value));
}

function unpack(payload: Payload): unknown {
  if (typeof payload === "string") throw new WrongForm("a text frame on a binary connection");
  checkMessagePack(payload);
  return unpackr.unpack(payload);
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
const overloaded = pack(
  serverFrame.toBinary({ kind: "refused", code: "overloaded", id: 0xfffffffe, retryAfterMs: 0xffffffff }),
);
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
  frame.set([0x93, changesNo, 0xc4, 16]);
  frame.set(uuidToBytes(conversation), 4);
  let at = 20;
  if (listHeader === 1) frame[at] = 0x90 | parts.length;
  else if (listHeader === 3) frame.set([0xdc, parts.length >> 8, parts.length & 255], at);
  else
    frame.set(
      [0xdd, parts.length >>> 24, (parts.length >> 16) & 255, (parts.length >> 8) & 255, parts.length & 255],
      at,
    );
  at += listHeader;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}
