// Banyan's wire for the driver. Sends are patched into one encoded frame; of what comes back only the few
// bytes are looked at that the count needs. The codec itself checks the template, so it cannot drift.

import { inflateRawSync } from "node:zlib";
import { assert } from "#base/assert.ts";
import { toBase64Url } from "#base/base64url.ts";
import { uuidToBytes } from "#base/ids.ts";
import type { Codec, Payload } from "#protocol/codec.ts";
import { codecs } from "#protocol/codecs.ts";
import { protocolVersion, type ServerFrame, serverFrame } from "#protocol/frames.ts";
import {
  type Dialect,
  type Ear,
  mark,
  patchDigits,
  type Seat,
  scanMarks,
  textBytes,
  textOf,
} from "./dialect.ts";
import { clientFrame, type Link, opcode, payloadAt } from "./web-socket.ts";

const kindNo = {
  ack: serverFrame.members.ack.no,
  changes: serverFrame.members.changes.no,
};
const path = "/v1/socket";

export function banyanBinary(seed: number): Dialect {
  const codec = codecs["banyan.v1.msgpack"];
  const template = sendTemplate(codec, seed);
  const places = new Map<string, Uint8Array>();
  const ping = framed(codec.encodeClient({ kind: "ping" }));
  return {
    subprotocol: codec.subprotocol,
    path: () => path,
    opened: (link, seat) => link.write(hello(codec, seat)),
    heartbeat: (link) => link.write(ping),
    send: (link, place, op) => {
      let conversation = places.get(place);
      if (!conversation) {
        conversation = uuidToBytes(place);
        places.set(place, conversation);
      }
      template.bytes.writeUInt32BE(op, template.idAt);
      template.bytes.set(conversation, template.conversationAt);
      template.bytes.writeUInt32BE(op, template.nameAt);
      patchDigits(template.bytes, template.digitsAt, op);
      link.write(template.bytes);
    },
    received: (link, bytes, from, to, ear) => {
      const kind = bytes[from + 1];
      if (kind === kindNo.ack) ear.acked(link, msgpackInt(bytes, from + 2));
      else if (kind === kindNo.changes) {
        // [5, conversation (18 bytes), list of changes]: each change of a loaded conversation is a message.
        const count = link.sampled ? scanMarks(link, bytes, from, to, ear) : listLength(bytes, from + 20);
        ear.delivered(link, count);
      } else other(codec, Buffer.from(bytes.subarray(from, to)), link, ear);
    },
  };
}

export function banyanJson(seed: number): Dialect {
  const codec = codecs["banyan.v1.json"];
  const ping = framed(codec.encodeClient({ kind: "ping" }));
  return {
    subprotocol: codec.subprotocol,
    path: () => path,
    opened: (link, seat) => link.write(hello(codec, seat)),
    heartbeat: (link) => link.write(ping),
    send: (link, place, op) => {
      const name = nameOf(seed, op);
      const frame = codec.encodeClient({ kind: "send", id: op, conversation: place, name, text: textOf(op) });
      link.write(framed(frame));
    },
    received: (link, bytes, from, to, ear) => other(codec, bytes.toString("utf8", from, to), link, ear),
  };
}

function hello(codec: Codec, seat: Seat): Buffer {
  return framed(
    codec.encodeClient({ kind: "hello", version: protocolVersion, token: seat.token, agent: "bench" }),
  );
}

function framed(payload: Payload): Buffer {
  return typeof payload === "string"
    ? clientFrame(opcode.text, Buffer.from(payload))
    : clientFrame(opcode.binary, payload);
}

/** Frames that are not counted in bulk are decoded by the codec. */
function other(codec: Codec, payload: string | Buffer, link: Link, ear: Ear): void {
  const decoded = codec.decodeServer(payload as Payload);
  assert(decoded.ok, `the server sent a frame that does not decode: ${decoded.ok ? "" : decoded.refusal}`);
  understand(codec, decoded.value, link, ear);
}

function understand(codec: Codec, frame: ServerFrame, link: Link, ear: Ear): void {
  if (frame.kind === "welcome") ear.live(link);
  else if (frame.kind === "ack") ear.acked(link, frame.id);
  else if (frame.kind === "refused") ear.refused(link, frame.id ?? null, frame.code, frame.retryAfterMs);
  else if (frame.kind === "packed") {
    const inner = inflateRawSync(frame.deflated);
    other(codec, codec.subprotocol === "banyan.v1.json" ? inner.toString() : inner, link, ear);
  } else if (frame.kind === "changes") {
    const messages = frame.changes.filter((change) => change.kind === "message");
    ear.delivered(link, messages.length);
    if (link.sampled) for (const message of messages) sawText(link, message.text, ear);
  }
}

function sawText(link: Link, text: string, ear: Ear): void {
  if (text.startsWith(mark)) ear.saw(link, Number(text.slice(mark.length, mark.length + 10)));
}

function nameOf(seed: number, op: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(op, 0);
  bytes.writeUInt32BE(seed >>> 0, 4);
  return toBase64Url(bytes);
}

/** An encoded `send` whose id, conversation, name and number are written over for each message. */
function sendTemplate(codec: Codec, seed: number) {
  const id = 0xfffffff0;
  const conversation = "01234567-89ab-7def-8123-456789abcdef";
  const sample = { kind: "send", id, conversation, name: nameOf(seed, id), text: textOf(id) } as const;
  const payload = Buffer.from(codec.encodeClient(sample) as Uint8Array);
  const shift = payloadAt(payload.length);
  const bytes = framed(payload as Payload);
  const find = (part: Uint8Array) => {
    const at = bytes.indexOf(part, shift);
    assert(at > 0 && bytes.indexOf(part, at + 1) < 0, "the encoded send is not as the driver expects");
    return at;
  };
  const idAt = shift + 3;
  assert(bytes[shift + 2] === 0xce && bytes.readUInt32BE(idAt) === id, "the send's id is not where expected");
  assert(bytes.length === shift + payload.length && textOf(id).length === textBytes, "the template's size");
  return {
    bytes,
    idAt,
    conversationAt: find(uuidToBytes(conversation)),
    // The name begins with the op in four bytes, like the id; it is the occurrence after the id.
    nameAt: bytes.indexOf(Buffer.from([0xc4, 8]), idAt + 4) + 2,
    digitsAt: find(Buffer.from(mark)) + mark.length,
  };
}

function msgpackInt(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  if (first < 128) return first;
  if (first === 0xcc) return bytes[at + 1]!;
  if (first === 0xcd) return bytes.readUInt16BE(at + 1);
  if (first === 0xce) return bytes.readUInt32BE(at + 1);
  return bytes.readDoubleBE(at + 1);
}

function listLength(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  if (first === 0xdc) return bytes.readUInt16BE(at + 1);
  if (first === 0xdd) return bytes.readUInt32BE(at + 1);
  return first & 15;
}
