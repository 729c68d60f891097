// A client on a scripted server and a manual clock, live in one room.

import { createClient } from "#sdk/client.ts";
import type { ConversationView } from "#sdk/conversation-types.ts";
import type { Store } from "#sdk/store.ts";
import { createMemoryStore } from "#sdk/store-memory.ts";
import type { Client, ClientOptions } from "#sdk/types.ts";
import { ManualClock, seededChance, settled } from "./manual-clock.ts";
import { room, ScriptedServer } from "./scripted-server.ts";

export interface Scene {
  readonly server: ScriptedServer;
  readonly clock: ManualClock;
  readonly store: Store;
  readonly client: Client;
  readonly view: ConversationView;
  texts(): string[];
}

export async function scene(options: Partial<ClientOptions> = {}, seed = 1): Promise<Scene> {
  const server = new ScriptedServer();
  const clock = new ManualClock();
  const store = options.store ?? createMemoryStore();
  const client = createClient({
    url: "http://scripted",
    token: "a token",
    fetch: server.fetch,
    WebSocket: server.WebSocket,
    clock,
    chance: seededChance(seed),
    ...options,
    store,
  });
  await client.start();
  await settled();
  const view = client.conversation(room);
  return { server, clock, store, client, view, texts: () => view.messages.map(({ text }) => text) };
}

/** The scene after its welcome. */
export async function liveScene(
  at: { rev?: number; lastSeq?: number; readSeq?: number } = {},
  options: Partial<ClientOptions> = {},
): Promise<Scene> {
  const made = await scene(options);
  made.server.greet(at.rev, at.lastSeq, at.readSeq);
  await settled();
  return made;
}
