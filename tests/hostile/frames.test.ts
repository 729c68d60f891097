// Frames that are none, too large, torn or against RFC 6455: each hurts the connection that sent it, and no other.

import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import type { Subprotocol } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import { refusalCodes } from "#protocol/refusals.ts";
import { bytesOfHex, goldenBad, goldenFiles, payloadOf } from "#tests/conformance/golden-files.ts";
import { type SignedUp, signUp, WireClient } from "#tests/conformance/wire-client.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs } from "#tests/topology.ts";
import { besideBystanders, watchMemory } from "./bystanders.ts";
import { RawSocket } from "./raw-socket.ts";

const seed = 20_261_123;
let server: TestServer;
let mallory: SignedUp;

beforeAll(async () => {
  server = await startServer();
  mallory = await signUp(server.url, "mallory");
}, startWithinMs);
afterAll(() => server.stop(), startWithinMs);

/** Sends payload after payload; comes back when the server has had enough of it. */
async function bombard(
  subprotocol: Subprotocol,
  payloads: readonly (string | Uint8Array<ArrayBuffer>)[],
): Promise<{ closings: number[]; codes: Set<string> }> {
  const closings: number[] = [];
  const codes = new Set<string>();
  let client = await WireClient.join(server.url, mallory.token, subprotocol);
  for (const payload of payloads) {
    if (client.isClosed) {
      closings.push((await client.closed()).code);
      client = await WireClient.join(server.url, mallory.token, subprotocol);
    }
    const answered = client.frames.length;
    client.sendRaw(payload);
    await client
      .until(() => (client.isClosed || client.frames.length > answered ? true : undefined), "an answer", 300)
      .catch(() => {});
    for (const frame of client.frames.slice(answered)) if (frame.kind === "refused") codes.add(frame.code);
  }
  client.close();
  return { closings, codes };
}

function expectOnlyRefusals({ closings, codes }: { closings: number[]; codes: Set<string> }): void {
  for (const code of codes) expect(refusalCodes).toHaveProperty(code);
  for (const code of closings) expect([4001, 4002, 4008]).toContain(code);
  expect(codes.size).toBeGreaterThan(0);
}

test("[L9] [W29] every bad payload of the golden files is refused in its own session", async () => {
  await besideBystanders(server, "bad", async () => {
    for (const codec of ["json", "msgpack"] as const) {
      const payloads = goldenBad()
        .filter((bad) => bad.codec === codec && bad.direction === "client")
        .map((bad) => payloadOf(codec, bad.payload));
      const met = await bombard(codec === "json" ? "banyan.v1.json" : "banyan.v1.msgpack", payloads);
      expect(met).toEqual({ closings: [], codes: new Set(["bad_frame"]) });
    }
  });
}, 60_000);

test("[L9] mutated frames of every kind get refusals from the closed list", async () => {
  const goldens = goldenFiles()
    .filter(({ what }) => what === "client")
    .flatMap(({ cases }) => cases);
  const edit = fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 4 }) });
  const mutated = (sources: readonly Uint8Array[]) =>
    fc.sample(
      fc
        .tuple(fc.constantFrom(...sources), fc.array(edit, { minLength: 1, maxLength: 3 }))
        .map(([source, edits]) =>
          edits.reduce((bytes, { at, remove, insert }) => {
            const from = at % (bytes.length + 1);
            return Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + remove)]);
          }, Buffer.from(source)),
        ),
      { seed, numRuns: 400 },
    );
  await besideBystanders(server, "mutated", async () => {
    const binary = mutated(goldens.map(({ msgpack }) => bytesOfHex(msgpack)));
    expectOnlyRefusals(
      await bombard(
        "banyan.v1.msgpack",
        binary.map((bytes) => new Uint8Array(bytes)),
      ),
    );
    const texts = mutated(goldens.map(({ json }) => Buffer.from(json)));
    expectOnlyRefusals(
      await bombard(
        "banyan.v1.json",
        texts.map((bytes) => bytes.toString("utf8")),
      ),
    );
  });
}, 120_000);

test("[W31] a frame above the limit ends its connection, before its end has come", async () => {
  await besideBystanders(server, "oversized", async () => {
    const grownBytes = watchMemory(server);
    const torn = await Promise.all(
      Array.from({ length: 50 }, () => RawSocket.upgraded(server, "banyan.v1.msgpack")),
    );
    for (const raw of torn) {
      // The header claims 1 GiB; a piece of it follows.
      raw.write(Buffer.from("82ff0000000040000000", "hex"));
      raw.write(Buffer.alloc(100_000));
    }
    await Promise.all(torn.map((raw) => raw.ended(5_000)));
    const endless = await RawSocket.upgraded(server);
    endless.frame(1, "x".repeat(30_000), { fin: false });
    for (let i = 0; i < 5; i++) endless.frame(0, "x".repeat(30_000), { fin: false });
    await endless.ended(5_000);
    expect(grownBytes()).toBeLessThan(64 * 1024 * 1024);
  });
}, 60_000);

test("[L9] what RFC 6455 forbids ends its connection", async () => {
  await besideBystanders(server, "rfc", async () => {
    const offences: ((raw: RawSocket) => void)[] = [
      (raw) => raw.frame(1, '{"kind":"ping"}', { masked: false }),
      (raw) => raw.frame(3, "a reserved opcode"),
      (raw) => raw.frame(0, "a continuation of nothing"),
      (raw) => raw.frame(1, new Uint8Array([0xc3, 0x28])),
      (raw) => raw.frame(9, "x".repeat(126)),
      (raw) => raw.write(Buffer.from("f18100000000", "hex")),
      (raw) => raw.write(Buffer.alloc(limits.frameBytesMax, 0xff)),
    ];
    for (const offend of offences) {
      const raw = await RawSocket.upgraded(server);
      offend(raw);
      await raw.ended(5_000);
    }
    const pinging = await RawSocket.upgraded(server);
    for (let i = 0; i < 1_000; i++) pinging.frame(9, "?");
    pinging.frame(1, '{"kind":"ping"}');
    await pinging.until(() => pinging.text.includes("out_of_order"), 5_000);
    pinging.end();
  });
}, 60_000);
