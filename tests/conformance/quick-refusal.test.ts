// What the gateway does to sends of a session that was told to wait: the id is found without decoding, and the
// refusal is written over an encoded one. Both must be what the codec itself reads and writes.

import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Payload } from "#protocol/codec.ts";
import { codecs } from "#protocol/codecs.ts";
import type { ClientFrame } from "#protocol/frames.ts";
import { clientCases } from "./golden-cases.ts";

const conversation = "01234567-89ab-7def-8123-456789abcdef";
const seed = Number(process.env.BANYAN_TEST_SEED ?? Date.now() % 1_000_000);

for (const codec of Object.values(codecs)) {
  test(`[W29] a send's id is found without the rest, and nothing else is taken for a send (${codec.subprotocol})`, () => {
    const property = fc.property(fc.maxSafeNat(), fc.string(), fc.boolean(), (id, text, again) => {
      const frame: ClientFrame = { kind: "send", id, conversation, name: "AAAAAAAAAAA", text, again };
      const found = codec.sendIdOf(codec.encodeClient(frame));
      expect(found === null || found === id).toBe(true);
      if (codec.subprotocol === "banyan.v1.msgpack" && id < 2 ** 32) expect(found).toBe(id);
    });
    fc.assert(property, { seed });
    for (const [kind, cases] of Object.entries(clientCases)) {
      if (kind === "send") continue;
      for (const { fields } of cases)
        expect(codec.sendIdOf(codec.encodeClient({ kind, ...fields } as ClientFrame))).toBeNull();
    }
    for (const bytes of [[], [0x95], [0x95, 3], [0x95, 3, 0xce, 1, 2]])
      expect(codec.sendIdOf(Uint8Array.from(bytes) as Payload)).toBeNull();
  });

  test(`[W30] the quick refusal reads as the one that is encoded in full (${codec.subprotocol})`, () => {
    const property = fc.property(fc.nat(2 ** 32 - 1), fc.nat(2 ** 31), (id, retryAfterMs) => {
      const frame = { kind: "refused", code: "overloaded", id, retryAfterMs } as const;
      const quick = codec.decodeServer(codec.encodeOverloaded(id, retryAfterMs));
      expect(quick).toEqual(codec.decodeServer(codec.encodeServer(frame)));
    });
    fc.assert(property, { seed });
  });
}
