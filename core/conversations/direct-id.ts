// The id of the one direct conversation of a pair: made from the two user ids, so that two people who open it
// at the same moment, in any two processes or regions, open the same one.

import { createHash } from "node:crypto";
import { type ConversationId, type UserId, uuidFromBytes, uuidToBytes } from "#base/ids.ts";

/** A UUIDv8 (RFC 9562, section 5.8) from SHA-256 over the two ids in rising order. */
export function directConversationId(one: UserId, other: UserId): ConversationId {
  const pair = one < other ? [one, other] : [other, one];
  const hash = createHash("sha256");
  for (const user of pair) hash.update(uuidToBytes(user));
  const bytes = new Uint8Array(hash.digest().subarray(0, 16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidFromBytes(bytes) as ConversationId;
}
