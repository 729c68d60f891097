// Reads MessagePack from what a stranger sent. Frames are made of nil, booleans, numbers, texts, bytes and arrays
// only; maps and extension types never occur, so that nothing but plain values is ever built. Nothing is
// allocated by what a payload claims, and nothing but WrongForm is thrown.

import { toBase64Url } from "#base/base64url.ts";
import { uuidFromBytes } from "#base/ids.ts";
import { WrongForm } from "./wrong-form.ts";

/** `changes` with reactions inside is five arrays deep; the rest is room for later versions. */
export const nestingMax = 8;

/** Quicker than a loop over the bytes even for a text of eight. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const float = new DataView(new ArrayBuffer(8));

export class MessagePackReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Nothing may follow the one value that a payload is. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new WrongForm("more than one value");
  }

  /** True for a nil, which is then read. */
  nil(): boolean {
    if (this.#bytes[this.#at] !== 0xc0) return false;
    this.#at++;
    return true;
  }

  /** True or false, or undefined for anything else. */
  bool(): boolean | undefined {
    const first = this.#bytes[this.#at++];
    return first === 0xc3 ? true : first === 0xc2 ? false : undefined;
  }

  /** A number in any of its forms, or undefined for anything else. */
  number(): number | undefined {
    const first = this.#bytes[this.#at++]!;
    if (first < 0x80) return first;
    if (first >= 0xe0) return first - 0x100;
    switch (first) {
      case 0xcc:
        return this.#uint8();
      case 0xcd:
        return this.#uint16();
      case 0xce:
        return this.#uint32();
      case 0xcf:
        return this.#uint32() * 2 ** 32 + this.#uint32();
      case 0xd0:
        return (this.#uint8() << 24) >> 24;
      case 0xd1:
        return (this.#uint16() << 16) >> 16;
      case 0xd2:
        return this.#uint32() | 0;
      case 0xd3:
        return (this.#uint32() | 0) * 2 ** 32 + this.#uint32();
      case 0xca:
        float.setUint32(0, this.#uint32());
        return float.getFloat32(0);
      case 0xcb:
        float.setUint32(0, this.#uint32());
        float.setUint32(4, this.#uint32());
        return float.getFloat64(0);
      default:
        return undefined;
    }
  }

  /** The number of items of an array that begins here, or -1 for anything else. Ends with `close`. */
  open(): number {
    const first = this.#bytes[this.#at++]!;
    const items =
      first >= 0x90 && first < 0xa0
        ? first & 0x0f
        : first === 0xdc
          ? this.#uint16()
          : first === 0xdd
            ? this.#uint32()
            : -1;
    if (items > this.#bytes.length - this.#at) throw new WrongForm("cut short");
    this.#depth++;
    return items;
  }

  /** Passes over what is left of an array. */
  close(itemsLeft: number): void {
    for (let i = 0; i < itemsLeft; i++) this.skip();
    this.#depth--;
  }

  /** Bytes, as a view of the payload, or null for anything else. */
  bin(): Uint8Array | null {
    const length = this.#binHeader();
    if (length < 0) return null;
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  /** 16 bytes as the text of a UUID, or null for anything else. */
  uuid(): string | null {
    return this.#binHeader() === 16 ? uuidFromBytes(this.#bytes, this.#take(16)) : null;
  }

  /** 8 bytes in base64url, or null for anything else. */
  name(): string | null {
    return this.#binHeader() === 8 ? toBase64Url(this.#bytes, this.#take(8), 8) : null;
  }

  /** A text without U+0000, or null for anything else. */
  text(): string | null {
    const length = this.#textHeader();
    if (length < 0) return null;
    const from = this.#take(length);
    const text = strictUtf8(this.#bytes.subarray(from, from + length));
    return text.includes("\u0000") ? null : text;
  }

  /** Passes over one value, whatever it is, and checks its form. */
  skip(): void {
    const first = this.#bytes[this.#at];
    if (first === undefined) throw new WrongForm("cut short");
    const array = (first >= 0x90 && first < 0xa0) || first === 0xdc || first === 0xdd;
    if (array) this.#skipItems();
    else this.#skipPlain(first);
  }

  #skipItems(): void {
    const items = this.open();
    if (items > 0 && this.#depth > nestingMax) throw new WrongForm("nested too deep");
    this.close(items);
  }

  #skipPlain(first: number): void {
    if (first >= 0x80 && first < 0x90) throw new WrongForm("a map");
    if (first === 0xde || first === 0xdf) throw new WrongForm("a map");
    if (first === 0xc0 || first === 0xc2 || first === 0xc3) {
      this.#at++;
      return;
    }
    const binLength = this.#binHeader();
    if (binLength >= 0) {
      this.#take(binLength);
      return;
    }
    const textLength = this.#textHeader();
    if (textLength >= 0) {
      const from = this.#take(textLength);
      strictUtf8(this.#bytes.subarray(from, from + textLength));
      return;
    }
    if (first >= 0x80 && first < 0xe0 && (first < 0xca || first > 0xd3))
      throw new WrongForm("an extension type");
    this.number();
  }

  /** The length of the bytes that begin here, or -1, and nothing read, where there are none. */
  #binHeader(): number {
    const first = this.#bytes[this.#at]!;
    if (!(first >= 0xc4 && first <= 0xc6)) return -1;
    this.#at++;
    return this.#sized(first - 0xc4);
  }

  /** The length of the text that begins here, or -1, and nothing read, where there is none. */
  #textHeader(): number {
    const first = this.#bytes[this.#at]!;
    const isShort = first >= 0xa0 && first < 0xc0;
    if (!isShort && !(first >= 0xd9 && first <= 0xdb)) return -1;
    this.#at++;
    return isShort ? first & 0x1f : this.#sized(first - 0xd9);
  }

  /** A length of 1, 2 or 4 bytes for the size 0, 1 or 2. */
  #sized(size: number): number {
    return size === 0 ? this.#uint8() : size === 1 ? this.#uint16() : this.#uint32();
  }

  #uint8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #uint16(): number {
    const from = this.#take(2);
    return (this.#bytes[from]! << 8) | this.#bytes[from + 1]!;
  }

  #uint32(): number {
    const from = this.#take(4);
    const b = this.#bytes;
    return ((b[from]! << 24) | (b[from + 1]! << 16) | (b[from + 2]! << 8) | b[from + 3]!) >>> 0;
  }

  /** Passes over so many bytes, which are there, and says where they begin. */
  #take(count: number): number {
    const from = this.#at;
    if (count > this.#bytes.length - from) throw new WrongForm("cut short");
    this.#at = from + count;
    return from;
  }
}

/** Throws WrongForm unless the payload is exactly one value of the allowed types. */
export function checkForm(bytes: Uint8Array): void {
  const reader = new MessagePackReader(bytes);
  reader.skip();
  reader.end();
}

function strictUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new WrongForm("a text that is not UTF-8");
  }
}
