// What operators' tools ask, and who may see the metrics.

import { expect, test } from "bun:test";
import { type Operations, operationsRoutes } from "#app/operations-routes.ts";

const here = "127.0.0.1";
const elsewhere = "192.0.2.7";

function ask(
  path: string,
  peer: string,
  more: Partial<Operations> = {},
  headers: Record<string, string> = {},
) {
  const metrics = { text: async () => "banyan_up 1\n", token: null };
  const answer = operationsRoutes({ notReadyBecause: () => null, metrics, ...more });
  return answer(new Request(`http://localhost${path}`, { headers }), path, peer);
}

test("alive is told whatever else is wrong; ready says why not", async () => {
  const stopping = { notReadyBecause: () => "stopping" };
  expect((await ask("/health/live", elsewhere, stopping))!.status).toBe(200);
  expect((await ask("/health/ready", elsewhere))!.status).toBe(200);
  const notReady = (await ask("/health/ready", elsewhere, stopping))!;
  expect([notReady.status, await notReady.text()]).toEqual([503, "stopping\n"]);
});

test("without a token metrics are for this machine alone, in every form of its address", async () => {
  for (const peer of [here, "::1", "::ffff:127.0.0.1"])
    expect((await ask("/metrics", peer))!.status).toBe(200);
  for (const peer of [elsewhere, "", "127.0.0.1.example", "::ffff:10.0.0.1"])
    expect((await ask("/metrics", peer))!.status).toBe(403);
  for (const name of ["x-forwarded-for", "forwarded"])
    expect((await ask("/metrics", here, {}, { [name]: "for=127.0.0.1" }))!.status).toBe(403);
});

test("with a token metrics are for who bears it, from anywhere", async () => {
  const metrics = { text: async () => "banyan_up 1\n", token: "0123456789abcdef" };
  const bearing = (token: string) =>
    ask("/metrics", elsewhere, { metrics }, { authorization: `Bearer ${token}` });
  expect((await bearing("0123456789abcdef"))!.status).toBe(200);
  for (const token of ["0123456789abcdeg", "0123456789abcde", "", "0123456789abcdef0"])
    expect((await bearing(token))!.status).toBe(403);
  expect((await ask("/metrics", here, { metrics }))!.status).toBe(403);
});

test("metrics that are turned off, and other paths, are not answered here", () => {
  expect(ask("/metrics", here, { metrics: null })).toBeNull();
  expect(ask("/", here)).toBeNull();
});
