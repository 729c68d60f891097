// The bench's driver against a real server whose bytes come in pieces of any size: every delivery and acknowledgement is
// counted once, and what the server has in its log is what it acknowledged. A driver that miscounts makes figures wrong.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Socket } from "bun";
import { gather } from "#bench/driver/crowd.ts";
import { seededNumbers } from "#bench/driver/seeded.ts";
import { jetStreamTarget } from "#bench/targets/nats.ts";
import { usualCluster } from "#bench/targets/target.ts";
import { artifacts } from "#ops/root.ts";
import { until } from "#tests/parts/until.ts";

const members = 6;
const messagesEach = 20;
const pieceBytesMax = 40;
const countedWithinMs = 3_000;

test("the driver counts each delivery once, however the stream is cut", async () => {
  const folder = mkdtempSync(join(artifacts, "bench-streams-"));
  const server = await jetStreamTarget.start({ cores: null, folder, cluster: usualCluster });
  const proxy = cutting(server.port, 4404);
  const dialect = jetStreamTarget.dialect(1);
  const place = jetStreamTarget.place("room", 0);
  const seats = Array.from({ length: members }, (_, user) => jetStreamTarget.seat(user, [place]));
  const acked: number[] = [];
  const seen: number[] = [];
  const refused: string[] = [];
  const ear = {
    acked: (_: unknown, op: number) => void acked.push(op),
    refused: (_: unknown, __: unknown, code: string) => void refused.push(code),
    delivered: (link: { deliveries: number }, count: number) => {
      link.deliveries += count;
    },
    saw: (_: unknown, op: number) => void seen.push(op),
  };
  const crowd = await gather({ port: proxy.port, dialect, seats, ear, heartbeats: false });
  try {
    for (const link of crowd.links) link.sampled = true;
    let op = 0;
    for (let round = 0; round < messagesEach; round++)
      for (const link of crowd.links) dialect.send(link, place, ++op);
    const deliveries = op * (members - 1);
    await until(
      "every delivery and acknowledgement",
      () => seen.length >= deliveries && acked.length >= op,
      countedWithinMs,
    );
    expect(refused).toEqual([]);
    expect(acked.toSorted((a, b) => a - b)).toEqual(Array.from({ length: op }, (_, n) => n + 1));
    expect(seen.length).toBe(deliveries);
    expect(crowd.links.map((link) => link.deliveries)).toEqual(crowd.links.map(() => op - messagesEach));
    expect(await server.archived!()).toBe(op);
  } finally {
    crowd.close();
    proxy.stop(true);
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Hands on what the server says in pieces of a few bytes, each in a turn of its own. */
function cutting(port: number, seed: number) {
  const random = seededNumbers(seed);
  const servers = new Map<Socket, Promise<Socket>>();
  return Bun.listen({
    hostname: "0.0.0.0",
    port: 0,
    socket: {
      open(client) {
        let turn = Promise.resolve();
        const handOn = async (chunk: Buffer) => {
          for (let at = 0; at < chunk.length; ) {
            const size = 1 + Math.floor(random() * pieceBytesMax);
            client.write(chunk.subarray(at, at + size));
            client.flush();
            at += size;
            await new Promise((resolve) => setImmediate(resolve));
          }
        };
        servers.set(
          client,
          Bun.connect({
            hostname: "127.0.0.1",
            port,
            socket: {
              data(_, chunk) {
                const bytes = Buffer.from(chunk);
                turn = turn.then(() => handOn(bytes));
              },
            },
          }),
        );
        client.setNoDelay(true);
      },
      data: async (client, chunk) => {
        const bytes = Buffer.from(chunk);
        (await servers.get(client))?.write(bytes);
      },
      close: async (client) => {
        (await servers.get(client))?.terminate();
      },
    },
  });
}
