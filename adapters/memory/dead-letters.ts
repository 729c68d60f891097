// Failed tries and dead letters in memory, with the semantics of PostgreSQL's: rules P77 and P78.

import type { DeadLetters } from "#ports/dead-letters.ts";
import type { OutboxPosition } from "#ports/outbox.ts";
import type { Access } from "./access.ts";
import type { MemoryStore } from "./store.ts";

export function openDeadLetters(store: MemoryStore, access: Access): DeadLetters {
  const letters = store.deadLetters;
  const keyOf = (consumer: string, event: OutboxPosition) => `${event} ${consumer}`;
  const dead = (consumer?: string, event?: OutboxPosition | null) =>
    [...letters.values()]
      .filter((it) => it.isDead && (consumer === undefined || it.consumer === consumer))
      .filter((it) => event === undefined || event === null || it.event === event);
  return {
    note: (failed, triesMax) =>
      access.run("deadLetters.note", () => {
        const key = keyOf(failed.consumer, failed.event);
        const tries = (letters.get(key)?.tries ?? 0) + 1;
        const isDead = tries >= triesMax;
        letters.delete(key);
        letters.set(key, { ...failed, tries, isDead, isRetried: false });
        return { tries, isDead };
      }),
    forget: (consumer, events) =>
      access.run("deadLetters.forget", () => {
        for (const event of events) letters.delete(keyOf(consumer, event));
      }),
    retries: (consumer, countMax) =>
      access.run("deadLetters.retries", () =>
        dead(consumer)
          .filter((it) => it.isRetried)
          .slice(0, countMax)
          .map(withoutState),
      ),
    list: (countMax, consumer) =>
      access.run("deadLetters.list", () => dead(consumer).reverse().slice(0, countMax).map(withoutState)),
    retry: (consumer, event) =>
      access.run("deadLetters.retry", () => {
        const asked = dead(consumer, event);
        for (const letter of asked)
          letters.set(keyOf(consumer, letter.event), { ...letter, isRetried: true });
        return asked.length;
      }),
    drop: (consumer, event) =>
      access.run("deadLetters.drop", () => {
        const dropped = dead(consumer, event);
        for (const letter of dropped) letters.delete(keyOf(consumer, letter.event));
        return dropped.length;
      }),
    count: () => access.run("deadLetters.count", () => dead().length),
  };
}

function withoutState<T extends { readonly isDead: boolean }>({
  isDead: _,
  ...letter
}: T): Omit<T, "isDead"> {
  return letter;
}
