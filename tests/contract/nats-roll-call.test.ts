// The roll call over a real NATS passes the suite of its port, as the one in memory does.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { createMemoryRollCall, RollCallRoom } from "#adapters/memory/roll-call.ts";
import { type Nats, openNats } from "#adapters/nats/connection.ts";
import { openNatsRollCall } from "#adapters/nats/roll-call.ts";
import { bucketCount } from "#base/ids.ts";
import { ownerOf } from "#base/rendezvous.ts";
import { type NatsPart, startNats } from "#tests/parts/nats.ts";
import { until } from "#tests/parts/until.ts";
import { rollCallContract } from "./roll-call.ts";

let part: NatsPart;
let houses = 0;
beforeAll(async () => {
  part = await startNats();
});
afterAll(() => part?.close());

rollCallContract("over NATS", async () => {
  const namespace = `house${houses++}`;
  const opened: Nats[] = [];
  const openProcess = async () => {
    const nats = await openNats({ urls: part.urls, name: "test", namespace, onFailure: () => {} });
    opened.push(nats);
    const rollCall = openNatsRollCall(nats);
    await nats.flush();
    const die = async () => {
      rollCall.close();
      await nats.close();
    };
    return { rollCall, die };
  };
  const close = async () => {
    for (const nats of opened) await nats.close();
  };
  return { openProcess, close };
});

rollCallContract("in memory", async () => {
  const room = new RollCallRoom();
  const openProcess = async () => {
    const rollCall = createMemoryRollCall(Date.now, room);
    return { rollCall, die: async () => rollCall.leave() };
  };
  return { openProcess, close: async () => {} };
});

test("[P54] among very many a gateway tells its card less often, messaging does not, and each is missed at its own pace", async () => {
  const open = () => openNats({ urls: part.urls, name: "test", namespace: "crowd", onFailure: () => {} });
  const [nats, others] = [await open(), await open()];
  const told: { instance: string; everyMs?: number }[] = [];
  others.subscribe("crowd.roll", (_, data) => told.push(JSON.parse(Buffer.from(data).toString())));
  await others.flush();
  const card = (instance: string, roles: string[]) =>
    ({ instance, roles, state: "serving", sessions: 0, version: "1" }) as const;
  const [gateway, messaging] = [openNatsRollCall(nats), openNatsRollCall(nats)];
  const tellCrowd = (everyMs: number) => {
    for (let i = 0; i < 100; i++)
      others.publish(
        "crowd.roll",
        Buffer.from(JSON.stringify({ ...card(`crowd${i}`, ["gateway"]), everyMs })),
      );
  };
  await nats.flush();
  tellCrowd(60_000);
  others.publish("crowd.roll", Buffer.from(JSON.stringify(card("haste", ["messaging"]))));
  await until("all are heard", () => gateway.processes().length === 101);
  gateway.announce(() => card("g", ["gateway"]));
  messaging.announce(() => card("m", ["messaging"]));
  await until("its pace is told", () =>
    told.some(({ instance, everyMs }) => instance === "g" && everyMs! >= 2_000),
  );
  await until(
    "who has no pace of its own is missed",
    () => !gateway.processes().some((it) => it.instance === "haste"),
  );
  expect(gateway.processes().filter((it) => it.instance.startsWith("crowd")).length).toBe(100);
  expect(told.find(({ instance }) => instance === "m")!.everyMs).toBeUndefined();
  await until("messaging told four times", () => told.filter(({ instance }) => instance === "m").length >= 4);
  expect(told.filter(({ instance }) => instance === "g").length).toBeLessThanOrEqual(2);
  for (const each of [gateway, messaging]) each.close();
  for (const each of [nats, others]) await each.close();
});

test("an owner of buckets gives away only its own when it leaves, and all own about as many", () => {
  const instances = Array.from({ length: 7 }, (_, i) => (i * 0x1234567 + 99).toString(16).padStart(16, "0"));
  const owners = Array.from({ length: bucketCount }, (_, bucket) => ownerOf(bucket, instances));
  for (const instance of instances) {
    const count = owners.filter((owner) => owner === instance).length;
    expect(count).toBeGreaterThan((bucketCount / 7) * 0.7);
    expect(count).toBeLessThan((bucketCount / 7) * 1.3);
  }
  const left = instances[3]!;
  const rest = instances.filter((each) => each !== left).reverse();
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const owner = ownerOf(bucket, rest);
    if (owners[bucket] === left) expect(rest).toContain(owner);
    else expect(owner).toBe(owners[bucket]!);
  }
});
