// Everybody comes back in one moment: more hellos than a gateway answers at once.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { type SignedUp, signUp, WireClient } from "#tests/conformance/wire-client.ts";
import { until } from "#tests/parts/until.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs } from "#tests/topology.ts";

const people = 60;
const atOnce = 4;
let server: TestServer;
let person: SignedUp;

beforeAll(async () => {
  server = await startServer({ args: ["--preset", "test", "--hellos-max", `${atOnce}`] });
  person = await signUp(server.url, "returner");
}, startWithinMs);
afterAll(() => server.stop(), startWithinMs);

/** null: welcomed. Else what the refusal said, once the connection is closed. */
async function hello(
  client: WireClient,
): Promise<{ code: string; retryAfterMs: number; closed: number } | null> {
  client.send({ kind: "hello", version: 1, token: person.token });
  const answer = await client.until(
    () => client.frames.find((frame) => frame.kind === "welcome" || frame.kind === "refused"),
    "an answer to hello",
  );
  if (answer.kind !== "refused") return null;
  return { code: answer.code, retryAfterMs: answer.retryAfterMs ?? 0, closed: (await client.closed()).code };
}

test("[W29] [W30] beyond the bound a hello is refused as overloaded with its own time to come back, and then let in", async () => {
  const here = await WireClient.join(server.url, person.token);
  const clients = await Promise.all(Array.from({ length: people }, () => WireClient.open(server.url)));
  const answers = await Promise.all(clients.map(hello));
  const refused = answers.filter((answer) => answer !== null);
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(atOnce);
  expect(refused.length).toBeGreaterThan(people / 2);
  expect(new Set(refused.map(({ code, closed }) => `${code} ${closed}`))).toEqual(
    new Set(["overloaded 4004"]),
  );
  expect(refused.every(({ retryAfterMs }) => retryAfterMs >= 500 && retryAfterMs <= 30_000)).toBe(true);
  expect(new Set(refused.map(({ retryAfterMs }) => retryAfterMs)).size).toBeGreaterThan(5);
  await here.pong();
  for (let i = 0; i < 10; i++)
    await until("a refused one is let in", async () => {
      const again = await WireClient.open(server.url);
      const isIn = (await hello(again)) === null;
      again.close();
      return isIn;
    });
  here.close();
  for (const client of clients) client.close();
}, 30_000);

test("[L9] hellos that are answered leave their places, however they end", async () => {
  for (let round = 0; round < 5 * atOnce; round++) {
    const stranger = await WireClient.open(server.url);
    stranger.send({ kind: "hello", version: 1, token: "bt1_nobody" });
    expect([4001, 4004]).toContain((await stranger.closed()).code);
    const left = await WireClient.open(server.url);
    left.send({ kind: "hello", version: 1, token: person.token });
    left.close();
  }
  const deadline = performance.now() + 10_000;
  for (let isIn = false; !isIn; ) {
    expect(performance.now()).toBeLessThan(deadline);
    const whole = await WireClient.open(server.url);
    isIn = (await hello(whole)) === null;
    whole.close();
  }
}, 30_000);
