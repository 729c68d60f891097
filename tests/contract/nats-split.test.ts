// NATS nodes that live and answer, and do not hear of each other: a process is connected, and alone.

import { expect, test } from "bun:test";
import { type Nats, openNats } from "#adapters/nats/connection.ts";
import { openMessagingRouter } from "#adapters/nats/messaging.ts";
import { serveMessaging } from "#adapters/nats/messaging-server.ts";
import { openNatsRollCall } from "#adapters/nats/roll-call.ts";
import type { UserId } from "#base/ids.ts";
import { ok } from "#base/result.ts";
import type { Messaging } from "#ports/messaging.ts";
import { startNats } from "#tests/parts/nats.ts";
import { until } from "#tests/parts/until.ts";
import { newConversationId, newName, rev, seq } from "./made-up.ts";

const receipt = { rev: rev(1), seq: seq(1), at: 1 };

test("a router whose NATS node is cut off from all of messaging goes to another node, and is served there", async () => {
  // Two nodes without a cluster: as far from each other as a broken switch makes them.
  const [near, far] = await Promise.all([startNats(), startNats()]);
  const opened: Nats[] = [];
  const open = async (urls: readonly string[]) => {
    const nats = await openNats({ urls, name: "test", namespace: "split", onFailure: () => {} });
    opened.push(nats);
    return nats;
  };
  try {
    const serving = await open(far.urls);
    const messaging = { send: async () => ok(receipt) } as unknown as Messaging;
    serveMessaging(serving, messaging, { instance: "far", onFailure: () => {} });
    openNatsRollCall(serving).announce(() => ({
      instance: "far",
      roles: ["messaging"],
      state: "serving",
      sessions: 0,
      version: "0",
    }));
    const isNear = (nats: Nats) => near.urls[0]!.endsWith(nats.connection.getServer());
    let gateway = await open([...near.urls, ...far.urls]);
    while (!isNear(gateway)) gateway = await open([...near.urls, ...far.urls]);
    const rollCall = openNatsRollCall(gateway);
    const router = openMessagingRouter(gateway, { rollCall, limits: { aloneMsMax: 300 } });
    const send = () =>
      router.send({
        user: crypto.randomUUID() as UserId,
        conversation: newConversationId(),
        name: newName(),
        text: "text",
        again: false,
      });
    expect(await send()).toMatchObject({ ok: false, refusal: { reason: "unavailable" } });
    await until("it is served", async () => (await send()).ok);
    expect(isNear(gateway)).toBe(false);
  } finally {
    for (const nats of opened) await nats.close();
    await Promise.all([near.close(), far.close()]);
  }
}, 30_000);
