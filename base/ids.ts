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

/** The bucket of a conversation: the last ten bits of its id, which are random in UUIDv7 and in hashes. */
export function bucketOf(conversation: ConversationId): Bucket {
  return lastTenBits(conversation) as Bucket;
}

/** The same of any id; only conversations have a bucket that is fixed for ever. */
export function lastTenBits(id: string): number {
  const end = id.length;
  const high = nibble(id.charCodeAt(end - 3)) << 8;
  const low = (nibble(id.charCodeAt(end - 2)) << 4) | nibble(id.charCodeAt(end - 1));
  return (high | low) & (bucketCount - 1);
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: unknown): text is string {
  return typeof text === "string" && uuidPattern.test(text);
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** 16 bytes, from an offset on, to the canonical text form. */
export function uuidFromBytes(b: Uint8Array, at = 0): string {
  const h = hexOfByte;
  return (
    `${h[b[at]!]}${h[b[at + 1]!]}${h[b[at + 2]!]}${h[b[at + 3]!]}-${h[b[at + 4]!]}${h[b[at + 5]!]}-` +
    `${h[b[at + 6]!]}${h[b[at + 7]!]}-${h[b[at + 8]!]}${h[b[at + 9]!]}-${h[b[at + 10]!]}${h[b[at + 11]!]}` +
    `${h[b[at + 12]!]}${h[b[at + 13]!]}${h[b[at + 14]!]}${h[b[at + 15]!]}`
  );
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
  for (let i = 0; i < 36; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) i++;
    bytes[at++] = (nibble(uuid.charCodeAt(i)) << 4) | nibble(uuid.charCodeAt(i + 1));
  }
}

function nibble(code: number): number {
  return code <= 57 ? code - 48 : code - 87;
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
