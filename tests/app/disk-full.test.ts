// A disk that fills up while the server runs: sends are refused as `unavailable`, nothing that was acknowledged is
// lost, and it goes on by itself when there is space again. Space is taken by a file, up to a bar set close below
// what is free now.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { freeMiB } from "#app/data-directory.ts";
import { MiB } from "#base/units.ts";
import { converse, http, newName, signUp, WireClient } from "#tests/conformance/wire-client.ts";
import { temporaryFolder } from "#tests/serve-process.ts";
import { startServer, type TestServer } from "#tests/server.ts";

const marginMiB = 400;
/** Other programs of the machine may take and give back a little in the meantime. */
const overMiB = 200;

const folder = temporaryFolder();
const ballast = join(folder, "ballast");
let bar: number;
let server: TestServer;

beforeAll(async () => {
  bar = freeMiB(folder) - marginMiB;
  if (bar < overMiB * 2)
    throw new Error(`This test needs ${marginMiB + overMiB * 2} MiB of free disk space.`);
  server = await startServer({ args: ["--disk-free-mib-min", String(bar)] });
});
afterAll(async () => {
  rmSync(ballast, { force: true });
  await server.stop();
});

test("while the disk is full sends are refused as unavailable, and afterwards nothing is lost or doubled", async () => {
  const ann = await signUp(server.url, "ann");
  const ben = await signUp(server.url, "ben");
  const conversation = await converse(server.url, ann, "direct", [ben]);
  const client = await WireClient.join(server.url, ann.token);
  const first = await client.ack({ kind: "send", conversation, name: newName(), text: "before" });

  fillDisk();
  await server.said("the disk is full");
  const second = { kind: "send", conversation, name: newName(), text: "meanwhile" } as const;
  expect(await client.refusal(second)).toBe("unavailable");
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  expect((await history(ann.token, conversation)).map((it) => it.text)).toEqual(["before"]);

  rmSync(ballast);
  await server.said("the disk has space again");
  const ack = await client.ack({ ...second, again: true });
  expect([first.seq, ack.seq]).toEqual([1, 2]);
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
  expect((await history(ann.token, conversation)).map((it) => it.text)).toEqual(["before", "meanwhile"]);
  client.close();
});

async function history(token: string, conversation: string): Promise<{ text: string }[]> {
  const { body } = await http(server.url, "GET", `/v1/conversations/${conversation}/messages`, token);
  return body.messages;
}

/** Until less is free than the server wants. Written out, because a file with a hole takes no space. */
function fillDisk(): void {
  const file = openSync(ballast, "w");
  const chunk = Buffer.alloc(8 * MiB, 1);
  while (freeMiB(folder) > bar - overMiB) writeSync(file, chunk);
  closeSync(file);
}
