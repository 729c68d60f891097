// The worker as it runs in a cluster: the outbox in PostgreSQL, the stream in JetStream, two workers with a lease.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { systemClock } from "#adapters/bun/clock.ts";
import { openNats } from "#adapters/nats/connection.ts";
import { openDurableEvents } from "#adapters/nats/jetstream.ts";
import { openPostgres } from "#adapters/postgres/open.ts";
import { durableConsumers, startWorker, type Worker } from "#services/worker/worker.ts";
import { newUser, openConversation } from "#tests/contract/made-up.ts";
import { type NatsPart, startNats } from "#tests/parts/nats.ts";
import { type PostgresPart, startPostgres } from "#tests/parts/postgres.ts";
import { until } from "#tests/parts/until.ts";

setDefaultTimeout(60_000);

let postgres: PostgresPart;
let nats: NatsPart;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats({ jetstream: true })]);
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await Promise.all([postgres?.stop(), nats?.close()]);
});

async function openProcess(url: string, instance: string) {
  const ports = await openPostgres({ url, emojiPerMessageMax: 5 });
  closing.push(() => ports.close());
  const connection = await openNats({
    urls: nats.urls,
    name: instance,
    namespace: "test",
    onFailure: () => {},
  });
  closing.push(() => connection.close());
  const { stream, publisher } = openDurableEvents(connection, durableConsumers, { replicas: 1 });
  const joined: string[] = [];
  const work = (): Worker => {
    const worker = startWorker({
      ...ports,
      stream,
      clock: systemClock,
      bus: { publishUser: (event) => void joined.push(event.user) },
      onFailure: () => {},
      relay: { outbox: ports.outbox, publisher, leases: ports.leases, instance },
    });
    closing.push(() => worker.stop());
    return worker;
  };
  return { ports, work, joined };
}

test("[P76] [P79] memberships reach the inboxes through the stream, from one worker after the other", async () => {
  const url = postgres.url(await postgres.newDatabase());
  const [one, other] = [await openProcess(url, "one"), await openProcess(url, "other")];
  const first = one.work();
  await until("the first one relays", () => first.stats().relay!.isActive);
  const second = other.work();
  const users = Array.from({ length: 12 }, newUser);
  for (const user of users.slice(0, 6)) await openConversation(one.ports, [user]);
  const told = () => [...one.joined, ...other.joined];
  await until("six are told", () => told().length >= 6);
  expect(second.stats().relay!.isActive).toBe(false);
  await first.stop();
  for (const user of users.slice(6)) await openConversation(one.ports, [user]);
  await until("all are told", () => told().length >= users.length, 20_000);
  expect(told().toSorted()).toEqual(users.toSorted());
  const lists = await other.ports.inbox.list(users);
  expect(lists.map((list) => list.length)).toEqual(users.map(() => 1));
  await until("the outbox is empty", async () => (await other.ports.outbox.waiting("nobody yet")) === 0);
  expect(second.stats()).toMatchObject({ relay: { isActive: true, published: 6, refills: 0 } });
});
