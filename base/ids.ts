// Identities. Each is its own type, so that a user's id cannot be handed over as a conversation's.
// Ids are made by the program: UUIDv7 (time-ordered, RFC 9562), written in lower case.

export type Branded<T, Name extends string> = T & { readonly __name: Name };

export type UserId = Branded<string, "UserId">;
export type SessionId = Branded<string, "SessionId">;
export type ConversationId = Branded<string, "ConversationId">;
/** A client's name for one send: 8 random bytes as 11 characters of base64url. See protocol/SPEC.md. */
export type MessageName = Branded<string, "MessageName">;
/** Numbers the members of one conversation 1, 2, 3 ...; kept when a member leaves and returns. */
export type MemberNo = Branded<number, "MemberNo">;
/** Numbers the messages of one conversation 1, 2, 3 ... without holes. */
export type Seq = Branded<number, "Seq">;
/** Numbers the changes of one conversation 1, 2, 3 ... without holes. */
export type Rev = Branded<number, "Rev">;
/** 0 - 1023, fixed for ever by the conversation's id. The unit of partitioning. */
export type Bucket = Branded<number, "Bucket">;

export const bucketCount = 1024;

/** By character code of a hexadecimal digit in lower case. */
const nibbles = new Uint8Array(128);
for (let nibble = 0; nibble < 16; nibble++) nibbles[nibble.toString(16).charCodeAt(0)] = nibble;

/** The bucket of a conversation: the last ten bits of its id, which are random in UUIDv7 and in hashes. */
export function bucketOf(conversation: ConversationId): Bucket {
  return lastTenBits(conversation) as Bucket;
}

/** The same of any id; only conversations have a bucket that is fixed for ever. */
export function lastTenBits(id: string): number {
  const end = id.length;
  const high = nibbles[id.charCodeAt(end - 3)]! << 8;
  const low = (nibbles[id.charCodeAt(end - 2)]! << 4) | nibbles[id.charCodeAt(end - 1)]!;
  return (high | low) & (bucketCount - 1);
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: unknown): text is string {
  return typeof text === "string" && uuidPattern.test(text);
}

/** The two digits of every byte, as character codes. */
const digits = new Uint8Array(512);
for (let byte = 0; byte < 256; byte++) {
  const text = byte.toString(16).padStart(2, "0");
  digits[2 * byte] = text.charCodeAt(0);
  digits[2 * byte + 1] = text.charCodeAt(1);
}
/** Characters of the canonical text form. */
export const uuidLength = 36;
const uuidText = new Uint8Array(uuidLength).fill("-".charCodeAt(0));
const ascii = new TextDecoder();

/** 16 bytes, from an offset on, to the canonical text form. In one piece: what is joined is joined at its first use. */
export function uuidFromBytes(bytes: Uint8Array, from = 0): string {
  let at = from;
  for (let i = 0; i < uuidLength; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) i++;
    const byte = bytes[at++]!;
    uuidText[i] = digits[2 * byte]!;
    uuidText[i + 1] = digits[2 * byte + 1]!;
  }
  return ascii.decode(uuidText);
}

/** The canonical text form to 16 bytes. */
export function uuidToBytes(uuid: string): Uint8Array {
  const bytes = new Uint8Array(16);
  writeUuid(bytes, 0, uuid);
  return bytes;
}

/** The same, written into `bytes` from an offset on. */
export function writeUuid(bytes: Uint8Array, from: number, uuid: string): void {
  let at = from;
  for (let i = 0; i < uuidLength; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) i++;
    bytes[at++] = (nibbles[uuid.charCodeAt(i)]! << 4) | nibbles[uuid.charCodeAt(i + 1)]!;
  }
}

/** A UUIDv7 from a clock and 10 random bytes, both handed in so that simulations are repeatable. */
export function uuidV7(nowMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  bytes.set(random.subarray(0, 10), 6);
  for (let i = 5, rest = nowMs; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidFromBytes(bytes);
}
