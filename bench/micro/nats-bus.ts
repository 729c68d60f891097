// What NATS costs, by hand: bun bench/micro/nats-bus.ts. CPU of a published and of a received change, of a change
// that only the filter of a whole bucket meets, of the NATS server for each, and of a command over the bus. Publisher
// and receiver are processes of their own, so that each one's CPU is its own.

import { readFileSync } from "node:fs";
import { createMemoryRollCall, RollCallRoom } from "#adapters/memory/roll-call.ts";
import { openNats } from "#adapters/nats/connection.ts";
import { openNatsBus } from "#adapters/nats/event-bus.ts";
import { openMessagingRouter } from "#adapters/nats/messaging.ts";
import { serveMessaging } from "#adapters/nats/messaging-server.ts";
import { bucketOf, type ConversationId, type MessageName, type UserId } from "#base/ids.ts";
import { ok } from "#base/result.ts";
import type { Messaging } from "#ports/messaging.ts";
import { codecs } from "#protocol/codecs.ts";
import type { WireChange } from "#protocol/frames.ts";
import { changeEncoder, recodeChanges } from "#services/gateway/encode-changes.ts";
import { startNats } from "#tests/parts/nats.ts";

const namespace = "bench";
const binaryOnly = ["banyan.v1.msgpack"];
const followed = 1000;
const changes = 100_000;
const text = "x".repeat(150);
const name = "AAAAAAAAAAA" as MessageName;
const conversationNo = (i: number) =>
  `01234567-89ab-7def-8123-${(0x100000000000 + i).toString(16)}` as ConversationId;

type Part = "whole" | "each" | "serve";

async function receiver(url: string, part: Part): Promise<void> {
  const nats = await openNats({ urls: [url], name: "receiver", namespace, onFailure: console.error });
  if (part === "serve") {
    const messaging = { send: async () => ok({ rev: 1, seq: 1, at: 1 }) } as unknown as Messaging;
    await serveMessaging(nats, messaging, { instance: "service", onFailure: console.error }).ready;
  } else {
    const bus = openNatsBus(nats, {
      codecs: () => binaryOnly,
      recode: recodeChanges,
      onFailure: console.error,
      wholeFrom: { conversations: part === "whole" ? 1 : 100_000, users: 100_000 },
    });
    const sizes = new Set<number>();
    bus.listen({
      changes: (event) => sizes.add(event.encoded("banyan.v1.msgpack")[0]!.length),
      head() {},
      state() {},
      user() {},
      interrupted() {},
    });
    // whole: one followed conversation in each bucket, so that all others pass only the filter.
    const count = part === "whole" ? 1024 : followed;
    for (let i = 0; i < count; i++) bus.followConversation(conversationNo(part === "whole" ? i + 1e9 : i));
  }
  await nats.flush();
  process.on("message", () => process.send!(process.cpuUsage()));
  process.send!("ready");
}

const cpuUs = (usage: { user: number; system: number }) => usage.user + usage.system;

function serverCpuUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function startReceiver(url: string, part: Part) {
  let answer = (_: unknown) => {};
  const next = () => new Promise<unknown>((resolve) => (answer = resolve));
  const ready = next();
  const child = Bun.spawn([process.execPath, import.meta.path, url, part], {
    stdout: "inherit",
    stderr: "inherit",
    ipc: (message) => answer(message),
  });
  await ready;
  return {
    async cpu(): Promise<number> {
      const usage = next();
      child.send("cpu");
      return cpuUs((await usage) as NodeJS.CpuUsage);
    },
    async end() {
      child.kill();
      await child.exited;
    },
  };
}

async function measureChanges(url: string, serverPid: number, part: "whole" | "each"): Promise<void> {
  const child = await startReceiver(url, part);
  const nats = await openNats({ urls: [url], name: "publisher", namespace, onFailure: console.error });
  const bus = openNatsBus(nats, {
    codecs: () => binaryOnly,
    recode: recodeChanges,
    onFailure: console.error,
  });
  const publish = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const change = { kind: "message", rev: i + 1, seq: i + 1, author: 1, at: 1.7e12, text, name };
      bus.publishChanges(changeEncoder.encode(conversationNo(i % followed), [change as never]));
      if (i % 100 === 99) await nats.flush();
    }
    await nats.flush();
  };
  await publish(changes / 5);
  await Bun.sleep(200);
  const before = [cpuUs(process.cpuUsage()), await child.cpu(), serverCpuUs(serverPid)];
  await publish(changes);
  await Bun.sleep(300);
  const after = [cpuUs(process.cpuUsage()), await child.cpu(), serverCpuUs(serverPid)];
  const [own, received, server] = after.map((each, i) => ((each - before[i]!) / changes).toFixed(1));
  console.log(`${part}: publish ${own} us, receive ${received} us, server ${server} us a change`);
  await nats.close();
  await child.end();
}

function encodingAlone(): void {
  const startedAt = cpuUs(process.cpuUsage());
  for (let i = 0; i < changes; i++) {
    const change = {
      kind: "message",
      rev: i + 1,
      seq: i + 1,
      author: 1,
      at: 1.7e12,
      text,
      name,
    } as WireChange;
    for (const codec of Object.values(codecs)) codec.encodeChange(change);
  }
  console.log(
    `encoding alone: ${((cpuUs(process.cpuUsage()) - startedAt) / changes).toFixed(1)} us for both codecs`,
  );
}

async function measureCommands(url: string, serverPid: number): Promise<void> {
  const child = await startReceiver(url, "serve");
  const nats = await openNats({ urls: [url], name: "router", namespace, onFailure: console.error });
  const room = new RollCallRoom();
  const rollCall = createMemoryRollCall(Date.now, room);
  rollCall.announce(() => ({
    instance: "service",
    roles: ["messaging"],
    state: "serving",
    sessions: 0,
    version: "",
  }));
  const router = openMessagingRouter(nats, { rollCall });
  const user = conversationNo(7) as string as UserId;
  for (const inFlight of [1, 64]) {
    const each = inFlight === 1 ? 5000 : 1000;
    const waits: number[] = [];
    const caller = async (no: number, count: number) => {
      for (let i = 0; i < count; i++) {
        const startedAt = performance.now();
        await router.send({ user, conversation: conversationNo(no), name, text, again: false });
        waits.push(performance.now() - startedAt);
      }
    };
    const all = (count: number) =>
      Promise.all(Array.from({ length: inFlight }, (_, no) => caller(no, count)));
    await all(each / 5);
    waits.length = 0;
    const batches = router.stats().batches;
    const before = [cpuUs(process.cpuUsage()), await child.cpu(), serverCpuUs(serverPid)];
    await all(each);
    const after = [cpuUs(process.cpuUsage()), await child.cpu(), serverCpuUs(serverPid)];
    const count = each * inFlight;
    const [own, service, server] = after.map((it, i) => ((it - before[i]!) / count).toFixed(1));
    waits.sort((a, b) => a - b);
    const p50 = (waits[waits.length >> 1]! * 1000).toFixed(0);
    const perMessage = (count / (router.stats().batches - batches)).toFixed(1);
    console.log(
      `${inFlight} in flight: p50 ${p50} us, router ${own} us, service ${service} us, server ${server} us a command, ` +
        `${perMessage} commands a message`,
    );
  }
  router.close();
  await nats.close();
  await child.end();
}

if (import.meta.main) {
  const [url, part] = process.argv.slice(2) as [string?, Part?];
  if (url && part) await receiver(url, part);
  else {
    if (bucketOf(conversationNo(5)) !== 5) throw new Error("buckets are the last ten bits");
    const nats = await startNats();
    encodingAlone();
    for (const how of ["each", "whole"] as const)
      await measureChanges(nats.urls[0]!, nats.nodes[0]!.pid, how);
    await measureCommands(nats.urls[0]!, nats.nodes[0]!.pid);
    await nats.close();
  }
}
