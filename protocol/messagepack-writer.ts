// Writes MessagePack into one buffer that is kept for the next frame. Each number, text and list takes its
// smallest form; a whole number above 32 bits is a float 64, which every library reads as a number.

import { assert } from "#base/assert.ts";
import { writeBase64Url } from "#base/base64url.ts";
import { writeUuid } from "#base/ids.ts";

/** A buffer that one large frame has grown beyond this is not kept. */
const keptBytesMax = 256 * 1024;
/** Up to so many characters a loop is quicker than a call out of JavaScript. */
const shortTextMax = 48;
const utf8 = new TextEncoder();

export class MessagePackWriter {
  #bytes!: Uint8Array<ArrayBuffer>;
  #view!: DataView;
  #at = 0;

  constructor() {
    this.#use(new Uint8Array(4096));
  }

  start(): void {
    this.#at = 0;
  }

  /** A copy of what was written since `start`. */
  written(): Uint8Array<ArrayBuffer> {
    const copy = this.#bytes.slice(0, this.#at);
    if (this.#bytes.length > keptBytesMax) this.#use(new Uint8Array(4096));
    return copy;
  }

  nil(): void {
    this.#room(1);
    this.#bytes[this.#at++] = 0xc0;
  }

  bool(value: boolean): void {
    this.#room(1);
    this.#bytes[this.#at++] = value ? 0xc3 : 0xc2;
  }

  /** A whole number from -32 to 127, in one byte. */
  small(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  int(value: number): void {
    this.#room(9);
    const bytes = this.#bytes;
    if (value >>> 0 !== value) {
      bytes[this.#at] = 0xcb;
      this.#view.setFloat64(this.#at + 1, value);
      this.#at += 9;
    } else if (value < 0x80) {
      bytes[this.#at++] = value;
    } else if (value < 0x100) {
      bytes[this.#at] = 0xcc;
      bytes[this.#at + 1] = value;
      this.#at += 2;
    } else if (value < 0x10000) {
      this.#sized16(0xcd, value);
    } else {
      this.#sized32(0xce, value);
    }
  }

  /** The header of an array; its items follow. */
  array(items: number): void {
    this.#room(5);
    if (items < 16) this.#bytes[this.#at++] = 0x90 | items;
    else if (items < 0x10000) this.#sized16(0xdc, items);
    else this.#sized32(0xdd, items);
  }

  bin(value: Uint8Array): void {
    this.#room(5 + value.length);
    if (value.length < 0x100) {
      this.#bytes[this.#at] = 0xc4;
      this.#bytes[this.#at + 1] = value.length;
      this.#at += 2;
    } else if (value.length < 0x10000) this.#sized16(0xc5, value.length);
    else this.#sized32(0xc6, value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  uuid(value: string): void {
    this.#room(18);
    this.#bytes[this.#at] = 0xc4;
    this.#bytes[this.#at + 1] = 16;
    writeUuid(this.#bytes, this.#at + 2, value);
    this.#at += 18;
  }

  /** 8 bytes from their 11 characters of base64url. */
  name(value: string): void {
    assert(value.length === 11, "a name is 8 bytes in base64url");
    this.#room(10);
    this.#bytes[this.#at] = 0xc4;
    this.#bytes[this.#at + 1] = 8;
    assert(writeBase64Url(this.#bytes, this.#at + 2, value), "a name is 8 bytes in base64url");
    this.#at += 10;
  }

  text(value: string): void {
    this.#room(5 + value.length * 3);
    if (value.length > shortTextMax || !this.#shortAscii(value)) this.#longText(value);
  }

  #shortAscii(value: string): boolean {
    const bytes = this.#bytes;
    const length = value.length;
    let at = this.#at + (length < 32 ? 1 : 2);
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[at++] = code;
    }
    this.#textHeader(length);
    this.#at = at;
    return true;
  }

  /** Written behind the header that it would have as ASCII, and moved on where it takes a longer one. */
  #longText(value: string): void {
    const guessed = this.#at + textHeaderBytes(value.length);
    const length = utf8.encodeInto(value, this.#bytes.subarray(guessed)).written;
    const from = this.#at + textHeaderBytes(length);
    if (from !== guessed) this.#bytes.copyWithin(from, guessed, guessed + length);
    this.#textHeader(length);
    this.#at = from + length;
  }

  #textHeader(length: number): void {
    if (length < 32) this.#bytes[this.#at++] = 0xa0 | length;
    else if (length < 0x100) {
      this.#bytes[this.#at] = 0xd9;
      this.#bytes[this.#at + 1] = length;
      this.#at += 2;
    } else if (length < 0x10000) this.#sized16(0xda, length);
    else this.#sized32(0xdb, length);
  }

  #sized16(first: number, value: number): void {
    const bytes = this.#bytes;
    const at = this.#at;
    bytes[at] = first;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value;
    this.#at = at + 3;
  }

  #sized32(first: number, value: number): void {
    const bytes = this.#bytes;
    const at = this.#at;
    bytes[at] = first;
    bytes[at + 1] = value >>> 24;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 8;
    bytes[at + 4] = value;
    this.#at = at + 5;
  }

  #room(more: number): void {
    if (this.#at + more > this.#bytes.length) this.#grow(this.#at + more);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#use(larger);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

function textHeaderBytes(length: number): number {
  return length < 32 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 5;
}
