// Reads protocol/golden/ and puts its payloads into the form that a WebSocket hands over.

import { readdirSync, readFileSync } from "node:fs";
import type { Codec, Payload } from "#protocol/codec.ts";
import { binaryCodec } from "#protocol/codec-binary.ts";
import { jsonCodec } from "#protocol/codec-json.ts";

export const goldenFolder = new URL("../../protocol/golden/", import.meta.url);

export interface GoldenCase {
  readonly title: string;
  readonly frame: Record<string, unknown>;
  readonly json: string;
  readonly msgpack: string;
}

export interface GoldenFile {
  readonly what: "client" | "server" | "change";
  readonly kind: string;
  readonly cases: readonly GoldenCase[];
}

export interface GoldenBad {
  readonly title: string;
  readonly direction: "client" | "server";
  readonly codec: "json" | "msgpack";
  readonly payload: string;
  readonly detail: string;
}

export function goldenFiles(): readonly GoldenFile[] {
  return readdirSync(goldenFolder)
    .filter((file) => file.endsWith(".json") && file !== "bad.json")
    .map((file) => JSON.parse(readFileSync(new URL(file, goldenFolder), "utf8")) as GoldenFile);
}

export function goldenBad(): readonly GoldenBad[] {
  return JSON.parse(readFileSync(new URL("bad.json", goldenFolder), "utf8")).payloads as GoldenBad[];
}

export const codecOf: Record<"json" | "msgpack", Codec> = { json: jsonCodec, msgpack: binaryCodec };

export function payloadOf(codec: "json" | "msgpack", written: string): Payload {
  return codec === "json" ? written : bytesOfHex(written);
}

/** Hex with spaces, in which "(91)*3" stands for 91 91 91. */
export function bytesOfHex(written: string): Uint8Array<ArrayBuffer> {
  const hex = written
    .replace(/\(([0-9a-f]+)\)\*(\d+)/g, (_, byte: string, times: string) => byte.repeat(Number(times)))
    .replaceAll(" ", "");
  return new Uint8Array(Buffer.from(hex, "hex"));
}

export function hexOf(payload: Payload): string {
  return Buffer.from(payload as Uint8Array).toString("hex");
}
