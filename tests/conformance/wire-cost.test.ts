// What a delivered message costs on the wire, beyond its text.

import { expect, test } from "bun:test";
import { codecs } from "#protocol/codecs.ts";
import type { Subprotocol, WireChange } from "#protocol/frames.ts";

const conversation = "01930f2c-7d1e-7c3a-9f00-5a2b3c4d5e6f";
const textBytes = 150;
const message: WireChange = {
  kind: "message",
  rev: 1_000_001,
  seq: 900_001,
  author: 101,
  at: 1_763_900_000_123,
  text: "x".repeat(textBytes),
  name: "AAECAwQFBgc",
};

/** RFC 6455: a server's frame has no mask; 2 bytes of header, 4 from 126 bytes on. */
function deliveredBytes(subprotocol: Subprotocol): number {
  const codec = codecs[subprotocol];
  const payload = codec.frameChanges(conversation, [codec.encodeChange(message)]);
  const bytes = Buffer.byteLength(payload as string | Uint8Array);
  return bytes + (bytes < 126 ? 2 : bytes < 65_536 ? 4 : 10);
}

test("[W3] a delivered message of 150 bytes costs at most 60 bytes beyond its text in the binary codec", () => {
  const overhead = deliveredBytes("banyan.v1.msgpack") - textBytes;
  expect(overhead).toBeLessThanOrEqual(60);
  // Far below would mean that a field is missing from what is measured.
  expect(overhead).toBeGreaterThan(50);
});

test("[W2] the same in JSON costs less than 220 bytes", () => {
  expect(deliveredBytes("banyan.v1.json") - textBytes).toBeLessThan(220);
});
