// What the generator's messages carry: a name that says which send it is, and a text that says it again, with the
// moment at which it was due. So every reader knows what it reads and how long it took, also in another process.

/** Sends of one run: the worker's number above 32 bits of a count. */
export type Op = number;

/** 3 bytes of the run, which no other run has, and 5 bytes of the op. */
const tagBytes = 3;
const opBytes = 5;
export const nameBytes = tagBytes + opBytes;
export const mark = "~";
const opDigits = 13;
const dueDigits = 16;
export const headChars = mark.length + opDigits + dueDigits + 1;

const words = "a plain sentence of the size that people write to each other, again and again, all day long. ";
const filler = words.repeat(Math.ceil(16_384 / words.length));

export function opOf(worker: number, count: number): Op {
  return worker * 2 ** 32 + count;
}

export function workerOf(op: Op): number {
  return Math.floor(op / 2 ** 32);
}

export function nameOf(runTag: number, op: Op): Buffer {
  const bytes = Buffer.alloc(nameBytes);
  bytes.writeUIntBE(runTag, 0, tagBytes);
  bytes.writeUIntBE(op, tagBytes, opBytes);
  return bytes;
}

/** The op of a name of this run; -1 for any other. */
export function opOfName(bytes: Buffer, at: number, runTag: number): Op {
  return bytes.readUIntBE(at, tagBytes) === runTag ? bytes.readUIntBE(at + tagBytes, opBytes) : -1;
}

/** `dueUs`: microseconds of the epoch. */
export function textOf(op: Op, dueUs: number, bytes: number): string {
  const head = `${mark}${String(op).padStart(opDigits, "0")}${String(Math.round(dueUs)).padStart(dueDigits, "0")} `;
  return head + filler.slice(0, Math.max(1, bytes - headChars));
}

export interface Head {
  op: Op;
  dueUs: number;
}

const markCode = mark.charCodeAt(0);

/** Reads the head of a text in encoded form; false where it is none of ours. */
export function readHead(bytes: Buffer, at: number, length: number, into: Head): boolean {
  if (length < headChars || bytes[at] !== markCode) return false;
  into.op = digits(bytes, at + 1, opDigits);
  into.dueUs = digits(bytes, at + 1 + opDigits, dueDigits);
  return true;
}

export function headOf(text: string): Head | null {
  const into = { op: 0, dueUs: 0 };
  return readHead(Buffer.from(text.slice(0, headChars)), 0, Math.min(text.length, headChars), into)
    ? into
    : null;
}

function digits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 10 + (bytes[at + i]! - 48);
  return value;
}
