// The file of frames that hold-sessions.c sends: made by the codec, so that the holder need not know the protocol.

import { closeSync, existsSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { assert } from "#base/assert.ts";
import { clientFrame, opcode } from "#bench/driver/web-socket.ts";
import type { Payload } from "#protocol/codec.ts";
import { codecs } from "#protocol/codecs.ts";
import { protocolVersion } from "#protocol/frames.ts";
import { tokenOf } from "./people.ts";

const codec = codecs["banyan.v1.msgpack"];
const atOnce = 10_000;

export function writeHelloFrames(path: string, people: number): void {
  const ping = framed(codec.encodeClient({ kind: "ping" }));
  const frameBytes = hello(0).length;
  if (isWhole(path, 8 + ping.length + frameBytes * people)) return;
  const file = openSync(path, "w");
  const head = Buffer.alloc(8);
  head.writeInt32LE(frameBytes, 0);
  head.writeInt32LE(ping.length, 4);
  writeSync(file, head);
  writeSync(file, ping);
  for (let from = 0; from < people; from += atOnce) {
    const frames = Array.from({ length: Math.min(atOnce, people - from) }, (_, i) => hello(from + i));
    assert(
      frames.every((frame) => frame.length === frameBytes),
      "hello frames differ in size",
    );
    writeSync(file, Buffer.concat(frames));
  }
  closeSync(file);
}

function isWhole(path: string, bytes: number): boolean {
  if (!existsSync(path) || statSync(path).size < bytes) return false;
  const head = Buffer.alloc(4);
  const file = openSync(path, "r");
  readSync(file, head);
  closeSync(file);
  return head.readInt32LE(0) === hello(0).length;
}

function hello(n: number): Buffer {
  return framed(
    codec.encodeClient({ kind: "hello", version: protocolVersion, token: tokenOf(n), agent: "s" }),
  );
}

function framed(payload: Payload): Buffer {
  return clientFrame(opcode.binary, payload as Uint8Array);
}
