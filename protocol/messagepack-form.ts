// Walks a MessagePack payload before the library reads it. Frames are made of nil, booleans, numbers, texts,
// bytes and arrays only; maps and extension types (which a library turns into records, dates, expressions)
// never occur, so that nothing but plain values is ever built from what a stranger sent. One pass, no
// allocation that grows with the payload's claims.

import { WrongForm } from "./wire-types.ts";

/** `changes` with reactions inside is five arrays deep; the rest is room for later versions. */
export const nestingMax = 8;

/** Throws WrongForm unless `bytes` is exactly one value of the allowed types. */
export function checkMessagePack(bytes: Uint8Array): void {
  const open: number[] = [];
  let at = 0;
  do {
    if (open.length > 0) open[open.length - 1]!--;
    const header = headerAt(bytes, at);
    at += header.bytes;
    if (at + header.payloadBytes > bytes.length) throw new WrongForm("cut short");
    if (header.items > bytes.length - at) throw new WrongForm("cut short");
    if (header.isText) checkUtf8(bytes, at, at + header.payloadBytes);
    at += header.payloadBytes;
    if (header.items > 0 && open.push(header.items) > nestingMax) throw new WrongForm("nested too deep");
    while (open.length > 0 && open[open.length - 1] === 0) open.pop();
  } while (open.length > 0);
  if (at !== bytes.length) throw new WrongForm("more than one value");
}

/** One object for all calls: what the value at hand takes. */
const found = { bytes: 1, payloadBytes: 0, items: 0, isText: false };

function headerAt(bytes: Uint8Array, at: number): typeof found {
  const first = bytes[at];
  if (first === undefined) throw new WrongForm("cut short");
  if (first < 0x80 || first >= 0xe0) return plain(1);
  if (first < 0x90) throw new WrongForm("a map");
  if (first < 0xa0) return array(1, first & 0x0f);
  if (first < 0xc0) return sized(1, first & 0x1f, true);
  switch (first) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return plain(1);
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return sized(1 + lengthBytes(first - 0xc4), lengthAt(bytes, at, first - 0xc4), false);
    case 0xca:
      return plain(5);
    case 0xcb:
      return plain(9);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return plain(1 + lengthBytes(first - 0xcc));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return plain(1 + lengthBytes(first - 0xd0));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return sized(1 + lengthBytes(first - 0xd9), lengthAt(bytes, at, first - 0xd9), true);
    case 0xdc:
      return array(3, lengthAt(bytes, at, 1));
    case 0xdd:
      return array(5, lengthAt(bytes, at, 2));
    case 0xde:
    case 0xdf:
      throw new WrongForm("a map");
    default:
      throw new WrongForm("an extension type");
  }
}

function plain(bytes: number) {
  return take(bytes, 0, 0, false);
}

function sized(bytes: number, payloadBytes: number, isText: boolean) {
  return take(bytes, payloadBytes, 0, isText);
}

function array(bytes: number, items: number) {
  return take(bytes, 0, items, false);
}

function take(bytes: number, payloadBytes: number, items: number, isText: boolean) {
  found.bytes = bytes;
  found.payloadBytes = payloadBytes;
  found.items = items;
  found.isText = isText;
  return found;
}

/** 1, 2, 4 or 8 bytes for the size 0, 1, 2 or 3. */
function lengthBytes(size: number): number {
  return 1 << size;
}

function lengthAt(bytes: Uint8Array, at: number, size: number): number {
  let length = 0;
  for (let i = 1; i <= lengthBytes(size); i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw new WrongForm("cut short");
    length = length * 256 + byte;
  }
  return length;
}

const strict = new TextDecoder("utf-8", { fatal: true });

function checkUtf8(bytes: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    if (bytes[i]! < 0x80) continue;
    try {
      strict.decode(bytes.subarray(i, to));
      return;
    } catch {
      throw new WrongForm("a text that is not UTF-8");
    }
  }
}
