// The single-file executable: alone in a folder, without the house around it, it is a whole server.

import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { runBanyan, temporaryFolder } from "#tests/serve-process.ts";
import { startServer } from "#tests/server.ts";

const buildTimeoutMs = 120_000;
const folder = temporaryFolder();
const program = join(folder, "banyan");

beforeAll(async () => {
  const { code, out, err } = await runBanyan(["compile", "--out", program]);
  expect([code, err, out]).toEqual([0, "", expect.stringMatching(/ \d+ MiB\n$/)]);
}, buildTimeoutMs);

test("it starts with a database of its own, serves the web client, and comes back after a crash", async () => {
  const server = await startServer({ program });
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
  const page = await (await fetch(server.url)).text();
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1];
  expect((await fetch(server.url + script)).status).toBe(200);
  await server.kill();
  await server.restart();
  expect((await fetch(`${server.url}/v1/server`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
});

test("it has the verbs that need no sources, and no others", async () => {
  const { stdout } = Bun.spawnSync([program], { cwd: folder });
  const verbs = [...stdout.toString().matchAll(/^ {2}([a-z-]+) {2,}/gm)].map((found) => found[1]);
  expect(verbs).toEqual(["serve", "doctor", "balancer-config", "migrate", "dead-letters"]);
});
