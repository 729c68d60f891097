// The memory adapters pass the same contract suites as the ones that keep data.

import { systemClock } from "#adapters/bun/clock.ts";
import { openMemoryLeases } from "#adapters/memory/leases.ts";
import { openMemory } from "#adapters/memory/open-memory.ts";
import { MemoryStore } from "#adapters/memory/store.ts";
import { openOutboxStream } from "#adapters/outbox/event-stream.ts";
import { accountsContract } from "./accounts.ts";
import { conversationStoreContract } from "./conversation-store.ts";
import { deadLettersContract } from "./dead-letters.ts";
import { eventStreamContract, maker } from "./event-stream.ts";
import { inboxContract } from "./inbox.ts";
import { leasesContract } from "./leases.ts";
import { messageLogContract } from "./message-log.ts";
import { messagingContract } from "./messaging.ts";
import { outboxContract } from "./outbox.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

const emojiPerMessageMax = 5;

async function openStore(): Promise<StoreUnderTest> {
  const store = new MemoryStore({ laneCount: 16, emojiPerMessageMax });
  return {
    ...openMemory(store),
    other: openMemory(store),
    emojiPerMessageMax,
    brittle: openBrittle(store),
    emptyInstallation: async () => {
      const empty = new MemoryStore({ laneCount: 16, emojiPerMessageMax });
      return {
        accounts: openMemory(empty).accounts,
        other: openMemory(empty).accounts,
        close: async () => {},
      };
    },
    close: async () => {},
  };
}

/** Calls in flight when the connection breaks fail, in turn before and after their commit. */
function openBrittle(store: MemoryStore): StoreUnderTest["brittle"] {
  let severed = false;
  let failures = 0;
  const someTurns = async () => {
    for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
  };
  const { messageLog } = openMemory(store, {
    delay: someTurns,
    fault: () => (severed ? (failures++ % 2 ? "before" : "after") : "none"),
  });
  const sever = async () => {
    severed = true;
    await someTurns();
    severed = false;
  };
  return { messageLog, sever };
}

messageLogContract("in memory", openStore);
conversationStoreContract("in memory", openStore);
inboxContract("in memory", openStore);
outboxContract("in memory", openStore);
accountsContract("in memory", openStore);
deadLettersContract("in memory", async () => {
  const store = new MemoryStore({ laneCount: 16, emojiPerMessageMax });
  return { ...openMemory(store), other: openMemory(store), close: async () => {} };
});
leasesContract("in memory", async () => {
  const leases = openMemoryLeases(systemClock);
  return { leases, other: { leases }, close: async () => {} };
});
eventStreamContract("read from the outbox in memory", async () => {
  const store = new MemoryStore({ laneCount: 16, emojiPerMessageMax });
  const [ports, other] = [openMemory(store), openMemory(store)];
  const consumers = ["first", "second"] as const;
  return {
    stream: openOutboxStream(ports.outbox, systemClock, { consumers }),
    other: openOutboxStream(other.outbox, systemClock, { consumers }),
    consumers,
    deadLetters: ports.deadLetters,
    make: maker(ports),
    close: async () => {},
  };
});
messagingContract("on the store in memory", openStore);
