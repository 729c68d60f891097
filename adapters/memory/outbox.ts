// The outbox in memory, with the semantics of PostgreSQL's: rules P20 - P23. Commits are single steps here, so
// that the order of entries is the order of commits.

import { type Outbox, type OutboxEntry, type OutboxPosition, waitingMax } from "#ports/outbox.ts";
import type { Access } from "./access.ts";
import type { MemoryStore } from "./store.ts";

export function openOutbox(store: MemoryStore, access: Access): Outbox {
  const confirmed = (consumer: string) => store.confirmedByConsumer.get(consumer) ?? 0;
  const from = (position: number, countMax: number) => {
    const start = Math.max(0, position - store.trimmedCount);
    return store.outbox
      .slice(start, start + countMax)
      .map((event, index): OutboxEntry => ({ position: positionOf(store, start + index), event }));
  };
  return {
    read: (consumer, countMax) => access.run("outbox.read", () => from(confirmed(consumer), countMax)),
    after: (position, countMax) => access.run("outbox.after", () => from(Number(position), countMax)),
    waiting: (consumer) =>
      access.run("outbox.waiting", () => {
        const end = store.trimmedCount + store.outbox.length;
        return Math.min(end - Math.max(confirmed(consumer), store.trimmedCount), waitingMax);
      }),
    confirm: (consumer, upTo) =>
      access.run("outbox.confirm", () => {
        const cursor = Math.max(confirmed(consumer), Number(upTo));
        store.confirmedByConsumer.set(consumer, cursor);
      }),
    trim: (consumers) =>
      access.run("outbox.trim", () => {
        const upTo = Math.min(...consumers.map(confirmed), store.trimmedCount + store.outbox.length);
        const deleted = store.outbox.splice(0, Math.max(0, upTo - store.trimmedCount)).length;
        store.trimmedCount += deleted;
        return deleted;
      }),
    lineage: () => access.run("outbox.lineage", () => "memory"),
    onHint: (then) => {
      const hint = () => access.tell("outbox.hint", then);
      store.hints.add(hint);
      return () => store.hints.delete(hint);
    },
  };
}

function positionOf(store: MemoryStore, index: number): OutboxPosition {
  return String(store.trimmedCount + index + 1) as OutboxPosition;
}
