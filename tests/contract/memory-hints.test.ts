// The event bus and the presence of one process pass the contract suites of their ports.

import { createMemoryBus } from "#adapters/memory/event-bus.ts";
import { createMemoryPresence } from "#adapters/memory/presence.ts";
import { eventBusContract } from "./event-bus.ts";
import { handClock } from "./hand-clock.ts";
import { presenceContract } from "./presence.ts";

const atOnce = () => Promise.resolve();

eventBusContract("in memory", async () => {
  const bus = createMemoryBus(() => {});
  return { publisher: bus, follower: bus, settled: atOnce, close: atOnce };
});

presenceContract("in memory", async () => {
  const clock = handClock();
  const presence = createMemoryPresence(clock);
  return {
    here: presence,
    elsewhere: presence,
    setTime: clock.setTime,
    settled: async () => clock.runAll(),
    hereDied: async () => createMemoryPresence(clock),
    close: atOnce,
  };
});
