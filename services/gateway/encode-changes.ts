// Gives committed changes their form on the wire, once per codec, when the first reader of that codec needs it.

import { assert } from "#base/assert.ts";
import type { MessageName, Seq } from "#base/ids.ts";
import type { Change } from "#core/messages/message.ts";
import type { ChangeEncoder } from "#ports/change-encoder.ts";
import type { EncodedChanges } from "#ports/event-bus.ts";
import type { Payload } from "#protocol/codec.ts";
import { codecs } from "#protocol/codecs.ts";
import type { Subprotocol } from "#protocol/frames.ts";

export const changeEncoder: ChangeEncoder = {
  encode(conversation, changes): EncodedChanges {
    const kept = new Map<string, readonly Payload[]>();
    return {
      conversation,
      rev: changes[changes.length - 1]!.rev,
      lastSeq: lastSeqOf(changes),
      names: namesOf(changes),
      encoded(subprotocol) {
        let payloads = kept.get(subprotocol);
        if (!payloads) {
          const codec = codecs[subprotocol as Subprotocol];
          payloads = changes.map((change) => codec.encodeChange(change));
          kept.set(subprotocol, payloads);
        }
        return payloads;
      },
    };
  },
};

/** The same changes in another codec's form, for who has nothing but the one's bytes. */
export function recodeChanges(payloads: readonly Payload[], from: string, to: string): readonly Payload[] {
  const read = codecs[from as Subprotocol];
  const frame = read.decodeServer(read.frameChanges(noConversation, payloads));
  assert(frame.ok && frame.value.kind === "changes", "encoded changes can be read again");
  return frame.value.changes.map((change) => codecs[to as Subprotocol].encodeChange(change));
}

const noConversation = "00000000-0000-0000-0000-000000000000";

function lastSeqOf(changes: readonly Change[]): Seq {
  let last = 0;
  for (const change of changes) if (change.kind === "message" && change.seq > last) last = change.seq;
  return last as Seq;
}

function namesOf(changes: readonly Change[]): readonly MessageName[] | null {
  const names: MessageName[] = [];
  for (const change of changes) {
    const isSend =
      change.kind === "message" && change.editedAt === undefined && change.deletedAt === undefined;
    if (!isSend) return null;
    names.push(change.name);
  }
  return names;
}
