// base64url (RFC 4648, section 5) without padding, for names and tokens; alike in browsers, Bun and Node.

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const valueOfCode = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) valueOfCode[alphabet.charCodeAt(i)] = i;

/** All of the bytes, or `length` of them from an offset on. */
export function toBase64Url(bytes: Uint8Array, from = 0, length = bytes.length - from): string {
  let text = "";
  for (let i = from; i < from + length; i += 3) {
    const left = from + length - i;
    const word = (bytes[i]! << 16) | (left > 1 ? bytes[i + 1]! << 8 : 0) | (left > 2 ? bytes[i + 2]! : 0);
    text += alphabet[(word >> 18) & 63]! + alphabet[(word >> 12) & 63]!;
    if (left > 1) text += alphabet[(word >> 6) & 63]!;
    if (left > 2) text += alphabet[word & 63]!;
  }
  return text;
}

/** The bytes, or null where the text is not the one canonical form of any bytes. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  return writeBase64Url(bytes, 0, text) ? bytes : null;
}

/** The same, written into `bytes` from an offset on; false where the text is not canonical. */
export function writeBase64Url(bytes: Uint8Array, from: number, text: string): boolean {
  let word = 0;
  let bits = 0;
  let at = from;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? valueOfCode[code]! : -1;
    if (value < 0) return false;
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (word >> bits) & 255;
    }
  }
  return (word & ((1 << bits) - 1)) === 0;
}
