// What the binary codec answers to mutations of its own frames: which it takes, as what, and what it says of the
// others. edge-answers.json keeps a hash of sixty answers for each payload of edge-bytes.json; these never change.

import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { binaryCodec } from "#protocol/codec-binary.ts";
import { bytesOfHex } from "./golden-files.ts";
import { mutationsOf } from "./mutations.ts";

const read = (file: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));
const payloads = Object.entries(read("./edge-bytes.json")).filter(([, bytes]) => !bytes.includes(" "));
const kept = read("./edge-answers.json");
const mutations = 60;

test("[W29] mutated payloads are taken and refused as ever, with the same words", () => {
  const found = payloads.map(([title, hex]) => [title, hashOfAnswers(title, bytesOfHex(hex))]);
  expect(Object.fromEntries(found)).toEqual(kept);
});

function hashOfAnswers(title: string, bytes: Uint8Array): string {
  const hash = createHash("sha256");
  for (const mutated of mutationsOf(title, bytes, mutations)) {
    hash.update(textOf(binaryCodec.decodeClient(mutated)));
    hash.update(textOf(binaryCodec.decodeServer(mutated)));
  }
  return hash.digest("hex").slice(0, 16);
}

function textOf(answer: unknown): string {
  return JSON.stringify(answer, (_, value) => (value instanceof Uint8Array ? [...value] : value));
}
