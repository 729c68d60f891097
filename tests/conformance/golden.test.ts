// The golden files against the codecs, both ways, and against an implementation of MessagePack that is not ours.

import { describe, expect, test } from "bun:test";
import { inflateRawSync } from "node:zlib";
import { decode, encode } from "@msgpack/msgpack";
import { binaryCodec } from "#protocol/codec-binary.ts";
import { jsonCodec } from "#protocol/codec-json.ts";
import { change, clientFrame, serverFrame } from "#protocol/frames.ts";
import { badPayloads } from "./bad-payloads.ts";
import { changeCases, clientCases, serverCases } from "./golden-cases.ts";
import {
  bytesOfHex,
  codecOf,
  type GoldenCase,
  goldenBad,
  goldenFiles,
  hexOf,
  payloadOf,
} from "./golden-files.ts";

const files = goldenFiles();
const casesOf = (what: string) =>
  files.filter((file) => file.what === what && file.kind !== "packed").flatMap((file) => file.cases);

describe("client frames", () => {
  for (const golden of casesOf("client")) {
    const frame = clientFrame.fromJson(golden.frame);
    test(`[W2] ${golden.frame.kind}: ${golden.title}`, () => {
      expect(jsonCodec.encodeClient(frame)).toBe(golden.json);
      expect(hexOf(binaryCodec.encodeClient(frame))).toBe(golden.msgpack);
      expect(jsonCodec.decodeClient(golden.json)).toEqual({ ok: true, value: frame });
      expect(binaryCodec.decodeClient(bytesOfHex(golden.msgpack))).toEqual({ ok: true, value: frame });
    });
  }
});

describe("server frames", () => {
  for (const golden of casesOf("server")) {
    const frame = serverFrame.fromJson(golden.frame);
    test(`[W2] ${golden.frame.kind}: ${golden.title}`, () => {
      expect(jsonCodec.encodeServer(frame)).toBe(golden.json);
      expect(hexOf(binaryCodec.encodeServer(frame))).toBe(golden.msgpack);
      expect(jsonCodec.decodeServer(golden.json)).toEqual({ ok: true, value: frame });
      expect(binaryCodec.decodeServer(bytesOfHex(golden.msgpack))).toEqual({ ok: true, value: frame });
    });
  }
});

describe("changes", () => {
  const conversation = "01930f2c-7d1e-7c3a-9f00-5a2b3c4d5e6f";
  for (const golden of casesOf("change")) {
    const value = change.fromJson(golden.frame);
    test(`[W15] ${golden.frame.kind}: ${golden.title}`, () => {
      expect(jsonCodec.encodeChange(value)).toBe(golden.json);
      expect(hexOf(binaryCodec.encodeChange(value))).toBe(golden.msgpack);
      for (const count of [0, 1, 15, 16, 70_000]) expectFramedAlike(value, golden, count);
    });
  }

  /** A frame put together from encoded changes is, byte for byte, the frame encoded at once. */
  function expectFramedAlike(
    value: ReturnType<typeof change.fromJson>,
    golden: GoldenCase,
    count: number,
  ): void {
    if (count > 100 && golden.msgpack.length > 100) return;
    const frame = { kind: "changes" as const, conversation, changes: Array(count).fill(value) };
    const json = jsonCodec.frameChanges(conversation, Array(count).fill(golden.json));
    expect(json).toBe(jsonCodec.encodeServer(frame));
    const binary = binaryCodec.frameChanges(conversation, Array(count).fill(bytesOfHex(golden.msgpack)));
    expect(Buffer.compare(binary as Uint8Array, binaryCodec.encodeServer(frame) as Uint8Array)).toBe(0);
  }
});

test("[W28] a packed frame holds one whole frame of the same codec, deflated", () => {
  const golden = files.find((file) => file.kind === "packed")!.cases[0]!;
  const value = serverFrame.fromJson(golden.frame);
  for (const codec of ["json", "msgpack"] as const) {
    const outer = codecOf[codec].decodeServer(payloadOf(codec, golden[codec]));
    if (!outer.ok || outer.value.kind !== "packed") throw new Error("not a packed frame");
    const inflated = inflateRawSync(outer.value.deflated);
    const inner = codec === "json" ? inflated.toString("utf8") : new Uint8Array(inflated);
    expect(codecOf[codec].decodeServer(inner)).toEqual({ ok: true, value });
  }
});

describe("bad payloads", () => {
  for (const bad of goldenBad()) {
    test(`[W29] ${bad.direction}, ${bad.codec}: ${bad.title}`, () => {
      const codec = codecOf[bad.codec];
      const payload = payloadOf(bad.codec, bad.payload);
      const answer = bad.direction === "client" ? codec.decodeClient(payload) : codec.decodeServer(payload);
      expect(answer).toEqual({ ok: false, refusal: bad.detail });
    });
  }

  test("[W2] text on a binary connection and bytes on a JSON one are no frames", () => {
    expect(binaryCodec.decodeClient('{"kind":"ping"}').ok).toBe(false);
    expect(jsonCodec.decodeClient(new Uint8Array([0x91, 2])).ok).toBe(false);
  });
});

describe("another implementation of MessagePack", () => {
  const goldens = files.flatMap((file) => file.cases.map((golden) => ({ what: file.what, golden })));

  test("[W3] reads every golden payload as arrays of plain values", () => {
    for (const { golden } of goldens) {
      expect(() => onlyPlain(decode(bytesOfHex(golden.msgpack)))).not.toThrow();
    }
  });

  test("[W3] writes every client frame in its own way, and the server reads the same", () => {
    for (const { golden } of goldens.filter(({ what }) => what === "client")) {
      const written = encode(decode(bytesOfHex(golden.msgpack)), { forceIntegerToFloat: true });
      const forced = binaryCodec.decodeClient(new Uint8Array(written));
      expect(forced).toEqual({ ok: true, value: clientFrame.fromJson(golden.frame) });
      const usual = binaryCodec.decodeClient(new Uint8Array(encode(decode(bytesOfHex(golden.msgpack)))));
      expect(usual).toEqual(forced);
    }
  });

  function onlyPlain(value: unknown): void {
    if (Array.isArray(value)) {
      for (const item of value) onlyPlain(item);
      return;
    }
    const isPlain = value === null || ["number", "string", "boolean"].includes(typeof value);
    if (!isPlain && !(value instanceof Uint8Array))
      throw new Error(`a ${Object.prototype.toString.call(value)}`);
  }
});

describe("the files are whole", () => {
  const onTheWire = (members: Record<string, { no: number }>) =>
    Object.keys(members)
      .filter((kind) => members[kind]!.no >= 0)
      .sort();

  test("[W2] every kind of the tables has a file, and every file its cases", () => {
    const kindsOf = (what: string) => files.filter((file) => file.what === what).map((file) => file.kind);
    expect(kindsOf("client").sort()).toEqual(Object.keys(clientFrame.members).sort());
    expect(kindsOf("server").sort()).toEqual(onTheWire(serverFrame.members));
    expect(kindsOf("change").sort()).toEqual(onTheWire(change.members));
    const written = { client: clientCases, server: serverCases, change: changeCases };
    for (const file of files.filter(({ kind }) => kind !== "packed")) {
      expect(file.cases.map((golden) => golden.title)).toEqual(
        written[file.what][file.kind]!.map((c) => c.title),
      );
    }
    expect(goldenBad().map((bad) => bad.title)).toEqual(badPayloads.map((bad) => bad.title));
  });
});
