// Two people who talk through the client library, each on a gateway of their own: the sockets go past the balancer,
// straight to the process that the test names; everything else goes to the front.

import { expect } from "bun:test";
import type { ConversationId, UserId } from "#base/ids.ts";
import { createClient } from "#sdk/client.ts";
import type { WebSocketConstructor } from "#sdk/platform.ts";
import type { Client } from "#sdk/types.ts";
import { converse, signUp } from "#tests/conformance/wire-client.ts";
import { until } from "#tests/parts/until.ts";

/** A client that is live on this gateway. */
export async function clientOn(gateway: string, front: string, token: string): Promise<Client> {
  const client = createClient({ url: front, token, auth: "token", WebSocket: socketTo(gateway) });
  await client.start();
  await until(`a session on ${gateway}`, () => client.state.kind === "live");
  return client;
}

function socketTo(gateway: string): WebSocketConstructor {
  const host = new URL(gateway).host;
  return class extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      const there = new URL(url);
      there.host = host;
      super(there.href, protocols);
    }
  } as unknown as WebSocketConstructor;
}

/** Each says something, which the other reads on the other gateway; and each sees that the other is there. */
export async function chatAcross(front: string, gateways: readonly [string, string]): Promise<void> {
  const people = [await signUp(front, "hereabouts"), await signUp(front, "elsewhere")] as const;
  const conversation = (await converse(front, people[0], "direct", [people[1]])) as ConversationId;
  const clients = [
    await clientOn(gateways[0], front, people[0].token),
    await clientOn(gateways[1], front, people[1].token),
  ] as const;
  try {
    const views = clients.map((client) => client.conversation(conversation));
    for (const view of views) expect(await view.openAtHead()).toMatchObject({ ok: true });
    clients.forEach((client, at) => {
      client.presence.watch([people[1 - at]!.user as UserId]);
    });
    await until("each sees the other", () =>
      clients.every((client, at) => client.presence.of(people[1 - at]!.user as UserId)?.online),
    );
    for (const [from, to] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const text = `from gateway ${from + 1}`;
      const named = await views[from]!.send(text);
      expect(named).toMatchObject({ ok: true });
      if (named.ok) expect(await views[from]!.sent(named.value)).toMatchObject({ ok: true });
      await until(`"${text}" on the other gateway`, () =>
        views[to]!.messages.some((message) => message.text === text),
      );
    }
  } finally {
    await Promise.all(clients.map((client) => client.stop()));
  }
}
