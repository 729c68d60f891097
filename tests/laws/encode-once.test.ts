// Law 5 on a whole server in this process: however many readers, a change is encoded once per codec.

import { afterAll, beforeAll, expect, spyOn, test } from "bun:test";
import { type Assembled, assemble } from "#app/assemble.ts";
import { loadConfig } from "#app/config.ts";
import { openDataDirectory } from "#app/data-directory.ts";
import { silentLog } from "#app/telemetry/log.ts";
import { codecs } from "#protocol/codecs.ts";
import { subprotocols } from "#protocol/frames.ts";
import { converse, newName, signUp, WireClient } from "#tests/conformance/wire-client.ts";
import { temporaryFolder } from "#tests/serve-process.ts";

const readersOfEach = 20;

let server: Assembled;
let dataDirectory: { close(): void };

beforeAll(async () => {
  const flags = { dataDir: temporaryFolder(), preset: "test" };
  const config = loadConfig({ flags, environment: {}, nowMs: Date.now() });
  dataDirectory = openDataDirectory(config.dataDir, config.diskFreeMiBMin);
  server = await assemble(config, silentLog);
});
afterAll(async () => {
  await server.stop(AbortSignal.abort());
  dataDirectory.close();
});

test("[L5] a change is encoded once per codec for all its readers, who get the same", async () => {
  const ann = await signUp(server.url, "ann");
  const ben = await signUp(server.url, "ben");
  const conversation = await converse(server.url, ann, "group", [ben]);
  const sender = await WireClient.join(server.url, ann.token);
  const readers = await Promise.all(
    subprotocols.flatMap((subprotocol) =>
      Array.from({ length: readersOfEach }, () => WireClient.join(server.url, ben.token, subprotocol)),
    ),
  );
  const spies = subprotocols.map((subprotocol) => spyOn(codecs[subprotocol], "encodeChange"));
  await sender.ack({ kind: "send", conversation, name: newName(), text: "once" });
  const got = await Promise.all(readers.map((reader) => reader.next("changes")));
  expect(spies.map((spy) => spy.mock.calls.length)).toEqual([1, 1]);
  for (const frame of got) expect(frame).toEqual(got[0]!);
  for (const spy of spies) spy.mockRestore();
  for (const client of [sender, ...readers]) client.close();
});
