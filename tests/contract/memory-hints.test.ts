// The event bus and the presence of one process pass the contract suites of their ports.

import { createMemoryBus } from "#adapters/memory/event-bus.ts";
import { createMemoryPresence } from "#adapters/memory/presence.ts";
import { eventBusContract } from "./event-bus.ts";
import { presenceContract } from "./presence.ts";

const atOnce = () => Promise.resolve();

eventBusContract("in memory", async () => {
  const bus = createMemoryBus(() => {});
  return { publisher: bus, follower: bus, settled: atOnce, close: atOnce };
});

presenceContract("in memory", async () => {
  let nowMs = 0;
  const clock = { now: () => nowMs };
  const presence = createMemoryPresence(clock);
  return {
    here: presence,
    elsewhere: presence,
    setTime: (toMs) => {
      nowMs = toMs;
    },
    settled: atOnce,
    hereDied: async () => createMemoryPresence(clock),
    close: atOnce,
  };
});
