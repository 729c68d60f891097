// Reads the one server frame that comes in masses, `changes` of the binary codec, without building values: a device
// looks at a few numbers of each change only. Everything else is the codec's.

import { change } from "#protocol/frames.ts";
import { type Head, nameBytes, opOfName, readHead } from "./message.ts";

const kinds = change.members;

/** One object for all calls. `seq` 0: not a message. */
export interface SeenChange extends Head {
  rev: number;
  seq: number;
  author: number;
  /** An edit or a delete of a message that was there before. */
  isLater: boolean;
  hasHead: boolean;
  /** The op that the name says; -1: none of this run. */
  nameOp: number;
}

const seen: SeenChange = {
  rev: 0,
  seq: 0,
  author: 0,
  isLater: false,
  hasHead: false,
  nameOp: -1,
  op: 0,
  dueUs: 0,
};
/** Places in the change's array: kind 0, rev 1, seq 2, author 3, at 4, text 5 ... */
const place = { name: 6, editedAt: 8, deletedAt: 9 };

let bytes: Buffer = Buffer.alloc(0);
let at = 0;

/** [5, conversation, [change, ...]] from `from` on: `each` is told every change, always with the same object. */
export function readChanges(
  frame: Buffer,
  from: number,
  runTag: number,
  each: (it: SeenChange) => void,
): void {
  bytes = frame;
  at = from + 20;
  const count = listLength();
  for (let i = 0; i < count; i++) {
    const fields = listLength();
    const kind = int();
    seen.rev = int();
    seen.seq = 0;
    if (kind === kinds.message.no) message(fields, runTag);
    else for (let field = 2; field < fields; field++) skip();
    const resumeAt = at;
    each(seen);
    bytes = frame;
    at = resumeAt;
  }
}

/** rev is read; then seq, author, at, text, name?, replyTo?, editedAt?, deletedAt?, reactions?. */
function message(fields: number, runTag: number): void {
  seen.seq = int();
  seen.author = int();
  skip();
  const length = textLength();
  seen.hasHead = readHead(bytes, at, length, seen);
  at += length;
  seen.nameOp = -1;
  seen.isLater = false;
  for (let field = place.name; field < fields; field++) {
    const isThere = bytes[at] !== 0xc0;
    if (isThere && field === place.name && bytes[at] === 0xc4 && bytes[at + 1] === nameBytes)
      seen.nameOp = opOfName(bytes, at + 2, runTag);
    if (isThere && (field === place.editedAt || field === place.deletedAt)) seen.isLater = true;
    skip();
  }
}

function int(): number {
  const first = bytes[at]!;
  if (first < 0x80) {
    at += 1;
    return first;
  }
  if (first === 0xcc) {
    at += 2;
    return bytes[at - 1]!;
  }
  if (first === 0xcd) {
    at += 3;
    return bytes.readUInt16BE(at - 2);
  }
  if (first === 0xce) {
    at += 5;
    return bytes.readUInt32BE(at - 4);
  }
  at += 9;
  return first === 0xcb ? bytes.readDoubleBE(at - 8) : Number(bytes.readBigUInt64BE(at - 8));
}

function listLength(): number {
  const first = bytes[at]!;
  if (first === 0xdc) {
    at += 3;
    return bytes.readUInt16BE(at - 2);
  }
  if (first === 0xdd) {
    at += 5;
    return bytes.readUInt32BE(at - 4);
  }
  at += 1;
  return first & 15;
}

function textLength(): number {
  const first = bytes[at]!;
  if (first >= 0xa0 && first < 0xc0) {
    at += 1;
    return first & 31;
  }
  if (first === 0xd9) {
    at += 2;
    return bytes[at - 1]!;
  }
  if (first === 0xda) {
    at += 3;
    return bytes.readUInt16BE(at - 2);
  }
  at += 5;
  return bytes.readUInt32BE(at - 4);
}

const fixedBytes: Readonly<Record<number, number>> = {
  192: 1,
  194: 1,
  195: 1,
  202: 5,
  203: 9,
  204: 2,
  205: 3,
  206: 5,
  207: 9,
  208: 2,
  209: 3,
  210: 5,
  211: 9,
};

function skip(): void {
  const first = bytes[at]!;
  if (first < 0x80 || first >= 0xe0) at += 1;
  else if ((first >= 0xa0 && first < 0xc0) || (first >= 0xd9 && first <= 0xdb)) {
    const length = textLength();
    at += length;
  } else if (first === 0xc4) at += 2 + bytes[at + 1]!;
  else if (first === 0xc5) at += 3 + bytes.readUInt16BE(at + 1);
  else if (first === 0xc6) at += 5 + bytes.readUInt32BE(at + 1);
  else if ((first >= 0x90 && first < 0xa0) || first === 0xdc || first === 0xdd) {
    const count = listLength();
    for (let i = 0; i < count; i++) skip();
  } else at += fixedBytes[first] ?? 1;
}
