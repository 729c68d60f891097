// How ./banyan serve stops while people are connected: they are told when to come back; a second signal hurries it.

import { expect, test } from "bun:test";
import { signUp, WireClient } from "#tests/conformance/wire-client.ts";
import { startServer } from "#tests/server.ts";

test("clients are told when to come back before their connection ends, and the process ends with 0", async () => {
  const server = await startServer({ args: ["--drain-ms", "300"] });
  const ann = await signUp(server.url, "ann");
  const client = await WireClient.join(server.url, ann.token);
  const stopped = server.stop();
  const { reconnectAfterMs } = await client.next("drain");
  expect(reconnectAfterMs).toBeGreaterThanOrEqual(0);
  await client.closed();
  expect(await stopped).toBe(0);
});

test("a second signal leaves out the rest of the drain, and still stops the database in order", async () => {
  const server = await startServer({ args: ["--drain-ms", "600000"] });
  const ann = await signUp(server.url, "ann");
  const client = await WireClient.join(server.url, ann.token);
  process.kill(server.pid, "SIGTERM");
  await server.said("asked to stop");
  process.kill(server.pid, "SIGINT");
  await server.said("PostgreSQL closed");
  await server.said('"msg":"stopped"');
  await client.closed();
  expect(await server.stop()).toBe(0);
});

test("a closed terminal (SIGHUP) stops it in order too", async () => {
  const server = await startServer({ args: ["--drain-ms", "0"] });
  process.kill(server.pid, "SIGHUP");
  await server.said('"msg":"stopped"');
  expect(await server.stop()).toBe(0);
});
