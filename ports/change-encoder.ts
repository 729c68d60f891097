// Gives committed changes their form on the wire. The gateway's translation implements it; services that
// announce changes get it handed in, so that they never know the protocol.

import type { ConversationId } from "#base/ids.ts";
import type { Change } from "#core/messages/message.ts";
import type { EncodedChanges } from "./event-bus.ts";

export interface ChangeEncoder {
  /** Encodes on first use per codec, then keeps the bytes. `changes` is not empty and in the order of revs. */
  encode(conversation: ConversationId, changes: readonly Change[]): EncodedChanges;
}
