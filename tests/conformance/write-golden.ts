// Writes protocol/golden/ from golden-cases.ts and bad-payloads.ts: `bun tests/conformance/write-golden.ts`.
// To be run when a kind, an optional field or a case was added; a diff in a line that stood before means that
// the wire has changed for clients which are out there, and must not be committed.

import { mkdirSync, writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { binaryCodec } from "#protocol/codec-binary.ts";
import { jsonCodec } from "#protocol/codec-json.ts";
import { change, clientFrame, serverFrame } from "#protocol/frames.ts";
import { badPayloads } from "./bad-payloads.ts";
import { changeCases, clientCases, serverCases } from "./golden-cases.ts";
import { codecOf, goldenFolder, hexOf, payloadOf } from "./golden-files.ts";

mkdirSync(goldenFolder, { recursive: true });

for (const [kind, cases] of Object.entries(clientCases)) {
  write("client", kind, cases, (frame) => {
    const value = clientFrame.fromJson(frame);
    return { json: jsonCodec.encodeClient(value), msgpack: hexOf(binaryCodec.encodeClient(value)) };
  });
}
for (const [kind, cases] of Object.entries(serverCases)) {
  write("server", kind, cases, (frame) => {
    const value = serverFrame.fromJson(frame);
    return { json: jsonCodec.encodeServer(value), msgpack: hexOf(binaryCodec.encodeServer(value)) };
  });
}
for (const [kind, cases] of Object.entries(changeCases)) {
  write("change", kind, cases, (frame) => {
    const value = change.fromJson(frame);
    return { json: jsonCodec.encodeChange(value), msgpack: hexOf(binaryCodec.encodeChange(value)) };
  });
}

// A packed frame's logical form is the frame inside.
const inside = { kind: "caughtUp", ...serverCases.caughtUp![0]!.fields };
save("server-packed.json", {
  what: "server",
  kind: "packed",
  cases: [{ title: "the first caughtUp, packed", frame: inside, ...packedForms(inside) }],
});

const details = badPayloads.map((bad) => {
  const codec = codecOf[bad.codec];
  const payload = payloadOf(bad.codec, bad.payload);
  const answer = bad.direction === "client" ? codec.decodeClient(payload) : codec.decodeServer(payload);
  if (answer.ok) throw new Error(`decodes, and should not: ${bad.direction} ${bad.codec} ${bad.title}`);
  return { ...bad, detail: answer.refusal };
});
save("bad.json", { payloads: details });

function packedForms(frame: unknown) {
  const value = serverFrame.fromJson(frame);
  const pack = (payload: string | Uint8Array) => ({
    kind: "packed" as const,
    deflated: new Uint8Array(deflateRawSync(payload)),
  });
  return {
    json: jsonCodec.encodeServer(pack(jsonCodec.encodeServer(value))),
    msgpack: hexOf(binaryCodec.encodeServer(pack(binaryCodec.encodeServer(value)))),
  };
}

function write(
  what: string,
  kind: string,
  cases: readonly { title: string; fields: Readonly<Record<string, unknown>> }[],
  encode: (frame: unknown) => { json: unknown; msgpack: string },
): void {
  const written = cases.map(({ title, fields }) => {
    const frame = { kind, ...fields };
    return { title, frame, ...encode(frame) };
  });
  save(`${what}-${kind}.json`, { what, kind, cases: written });
}

function save(file: string, content: unknown): void {
  writeFileSync(new URL(file, goldenFolder), `${JSON.stringify(content, null, 1)}\n`);
}
