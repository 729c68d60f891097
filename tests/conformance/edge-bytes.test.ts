// What the binary codec writes at the edges, byte for byte, against what it has always written; and that it reads
// all of it back. A difference is a broken client somewhere.

import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { binaryCodec } from "#protocol/codec-binary.ts";
import { type EdgeCase, edgeCases } from "./edge-cases.ts";

const written: Record<string, string> = JSON.parse(
  readFileSync(new URL("./edge-bytes.json", import.meta.url), "utf8"),
);

describe("the edges of MessagePack's forms", () => {
  for (const edge of edgeCases) {
    test(`[W3] ${edge.title}`, () => expect(tokenOf(encoded(edge))).toBe(written[edge.title]!));
  }

  test("[W3] every case is kept, and nothing else", () => {
    expect(Object.keys(written)).toEqual(edgeCases.map((edge) => edge.title));
  });

  test("[W3] each is read back, alone and inside a larger buffer", () => {
    for (const edge of edgeCases) {
      const bytes = encoded(edge);
      const around = new Uint8Array(bytes.length + 9).fill(0xc1);
      around.set(bytes, 5);
      const within = around.subarray(5, 5 + bytes.length);
      expect([edge.title, decoded(edge, within)]).toEqual([edge.title, decoded(edge, bytes)]);
      if (bytes.length < 100_000) expect(tokenOf(encoded(again(edge, bytes)))).toBe(tokenOf(bytes));
    }
  });

  test("[W3] what was written stays as it is when more is written", () => {
    const first = binaryCodec.encodeServer({ kind: "ack", id: 1, rev: 2, seq: 3, at: 4 }) as Uint8Array;
    const copy = first.slice();
    for (const edge of edgeCases) encoded(edge);
    expect(first).toEqual(copy);
    expect(first.buffer.byteLength).toBe(first.length);
  });
});

function encoded(edge: EdgeCase): Uint8Array<ArrayBuffer> {
  if ("client" in edge) return binaryCodec.encodeClient(edge.client) as Uint8Array<ArrayBuffer>;
  if ("server" in edge) return binaryCodec.encodeServer(edge.server) as Uint8Array<ArrayBuffer>;
  return binaryCodec.encodeChange(edge.change) as Uint8Array<ArrayBuffer>;
}

/** What the bytes are read as; a change is read inside a frame. */
function decoded(edge: EdgeCase, bytes: Uint8Array<ArrayBuffer>) {
  if ("client" in edge) return binaryCodec.decodeClient(bytes);
  if ("server" in edge) return binaryCodec.decodeServer(bytes);
  const conversation = "01930f2c-7d1e-7c3a-9f00-5a2b3c4d5e6f";
  return binaryCodec.decodeServer(binaryCodec.frameChanges(conversation, [bytes]));
}

/** The case as it was read, or as it was where only its kind is (unknown ones, frames that are too large). */
function again(edge: EdgeCase, bytes: Uint8Array<ArrayBuffer>): EdgeCase {
  const read = decoded(edge, bytes);
  if (!read.ok) {
    expect(["client" in edge, bytes.length > 65_536, read.refusal]).toEqual([
      true,
      true,
      "more than 65536 bytes",
    ]);
    return edge;
  }
  const { value } = read;
  if ("client" in edge) return { title: edge.title, client: value as never };
  if ("server" in edge) return { title: edge.title, server: value as never };
  if (value.kind !== "changes") throw new Error("not the frame that was put around");
  return { title: edge.title, change: value.changes[0]! };
}

/** Hex, or for long ones their length and hash. */
function tokenOf(bytes: Uint8Array): string {
  if (bytes.length <= 120) return Buffer.from(bytes).toString("hex");
  return `${bytes.length} bytes, sha256 ${createHash("sha256").update(bytes).digest("hex")}`;
}
