// SPEC.md against what it speaks of: generated tables, examples, completeness of the tables by hand.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { closeCodes } from "#protocol/close-codes.ts";
import { binaryCodec } from "#protocol/codec-binary.ts";
import { jsonCodec } from "#protocol/codec-json.ts";
import { specUrl, withTables } from "#protocol/generate.ts";
import { refusalCodes } from "#protocol/refusals.ts";
import { bytesOfHex } from "./golden-files.ts";

const spec = readFileSync(specUrl, "utf8");

test("[W2] the generated tables of SPEC.md are fresh (./banyan docs)", () => {
  expect(withTables(spec) === spec).toBe(true);
  expect(withTables(spec.replaceAll("| int |", "| number |")) === spec).toBe(true);
});

test("[W30] every refusal code stands in exactly one row of what to do", () => {
  const rows = spec.slice(spec.indexOf("| to do "), spec.indexOf("any code that the client does not know"));
  for (const code of Object.keys(refusalCodes)) expect(rows.split(`\`${code}\``).length - 1).toBe(1);
});

test("[W29] every close code has its own number in the range of applications", () => {
  const codes = Object.values(closeCodes);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code >= 4000 && code <= 4999).toBe(true);
});

test("[W2] the JSON examples are frames", () => {
  const lines = [...spec.matchAll(/^([<>]) (\{.*\})$/gm)];
  expect(lines.length).toBeGreaterThan(5);
  for (const [, side, text] of lines) {
    const answer = side === ">" ? jsonCodec.decodeClient(text!) : jsonCodec.decodeServer(text!);
    expect([text, answer.ok]).toEqual([text, true]);
  }
});

test("[W3] the MessagePack examples are frames", () => {
  const blocks = [...spec.matchAll(/```\n(9[\s\S]*?)```/g)].map(([, block]) =>
    bytesOfHex(hexOfExample(block!)),
  );
  expect(blocks.length).toBe(2);
  expect(binaryCodec.decodeClient(blocks[0]!)).toMatchObject({
    ok: true,
    value: { kind: "send", text: "Hello" },
  });
  expect(binaryCodec.decodeServer(blocks[1]!)).toMatchObject({
    ok: true,
    value: { kind: "changes", changes: [{ kind: "message", at: 1_763_900_000_200, name: "AAECAwQFBgc" }] },
  });
});

/** The hex at the beginning of each line, without the words behind it. */
function hexOfExample(block: string): string {
  return block
    .split("\n")
    .map((line) => /^ *((?:[0-9a-f]{2})+(?: (?:[0-9a-f]{2})+)*)(?: |$)/.exec(line)?.[1] ?? "")
    .join(" ");
}
