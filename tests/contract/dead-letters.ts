// The contract of dead letters, rules P77 and P78, for every adapter of the port.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { DeadLetters, FailedTry } from "#ports/dead-letters.ts";
import type { OutboxPosition } from "#ports/outbox.ts";
import { hostileTexts, newConversationId, nextTime, rev, seq } from "./made-up.ts";

export interface DeadLettersUnderTest {
  readonly deadLetters: DeadLetters;
  /** The same ones as another process sees them. */
  readonly other: { readonly deadLetters: DeadLetters };
  close(): Promise<void>;
}

export function deadLettersContract(name: string, open: () => Promise<DeadLettersUnderTest>): void {
  describe(`dead letters, ${name}`, () => {
    let store: DeadLettersUnderTest;
    let letters: DeadLetters;
    let other: DeadLetters;
    beforeAll(async () => {
      store = await open();
      letters = store.deadLetters;
      other = store.other.deadLetters;
    });
    afterAll(() => store?.close());

    test("[P77] tries are counted for each consumer and event, by all processes together, up to the maximum", async () => {
      const failed = newFailure();
      expect(await letters.note(failed, 3)).toEqual({ tries: 1, isDead: false });
      expect(await other.note(failed, 3)).toEqual({ tries: 2, isDead: false });
      expect(await letters.note({ ...failed, consumer: newName() }, 3)).toEqual({ tries: 1, isDead: false });
      expect(await letters.note({ ...failed, event: newPosition() }, 3)).toEqual({ tries: 1, isDead: false });
      expect(await letters.list(10, failed.consumer)).toEqual([]);
      const before = await letters.count();
      const last = { ...failed, error: "RangeError: the last one", at: nextTime() };
      expect(await letters.note(last, 3)).toEqual({ tries: 3, isDead: true });
      expect(await other.list(10, failed.consumer)).toEqual([{ ...last, tries: 3, isRetried: false }]);
      expect(await other.count()).toBe(before + 1);
    });

    test("[P77] what succeeds after all is forgotten, and counts anew", async () => {
      const failed = newFailure();
      await letters.note(failed, 2);
      await other.forget(failed.consumer, [failed.event, newPosition()]);
      expect(await letters.note(failed, 2)).toEqual({ tries: 1, isDead: false });
    });

    test("[P77] what it keeps comes back as it was, whatever its text", async () => {
      const failed = { ...newFailure(), error: hostileTexts.filter((text) => text.length < 200).join("|") };
      await letters.note(failed, 1);
      expect(await letters.list(10, failed.consumer)).toEqual([{ ...failed, tries: 1, isRetried: false }]);
    });

    test("[P78] a retry is asked for until it has succeeded or failed again; failed, it is dead as before", async () => {
      const failed = newFailure();
      await letters.note(failed, 1);
      expect(await letters.retries(failed.consumer, 10)).toEqual([]);
      expect(await other.retry(failed.consumer, failed.event)).toBe(1);
      const [asked] = await letters.retries(failed.consumer, 10);
      expect(asked).toEqual({ ...failed, tries: 1, isRetried: true });
      expect(await other.retries(failed.consumer, 10)).toEqual([asked!]);
      expect(await letters.note({ ...failed, at: nextTime() }, 1)).toEqual({ tries: 2, isDead: true });
      expect(await letters.retries(failed.consumer, 10)).toEqual([]);
      expect(await letters.list(10, failed.consumer)).toHaveLength(1);
      await letters.retry(failed.consumer, failed.event);
      await letters.forget(failed.consumer, [failed.event]);
      expect(await letters.list(10, failed.consumer)).toEqual([]);
    });

    test("[P78] one or all of a consumer are retried or dropped, and no other's; the newest stand first", async () => {
      const consumer = newName();
      const failures = [1, 2, 3].map(() => ({ ...newFailure(), consumer }));
      const alien = newFailure();
      for (const failed of [...failures, alien]) await letters.note(failed, 1);
      const live = newFailure();
      await letters.note({ ...live, consumer }, 2);
      const listed = await letters.list(2, consumer);
      expect(listed.map((it) => it.event)).toEqual([failures[2]!.event, failures[1]!.event]);
      expect(await letters.retry(consumer, null)).toBe(3);
      expect(await letters.retry(consumer, live.event)).toBe(0);
      expect(await letters.drop(consumer, failures[0]!.event)).toBe(1);
      expect(await letters.drop(consumer, failures[0]!.event)).toBe(0);
      expect(await letters.drop(consumer, null)).toBe(2);
      expect(await letters.list(10, consumer)).toEqual([]);
      expect(await letters.list(10, alien.consumer)).toHaveLength(1);
      expect(await letters.note({ ...live, consumer }, 2)).toEqual({ tries: 2, isDead: true });
    });
  });
}

const newName = () => `consumer-${nextTime()}`;
const newPosition = () => `${nextTime()}:00000000-0000-0000-0000-000000000007` as OutboxPosition;

function newFailure(): FailedTry {
  return {
    consumer: newName(),
    event: newPosition(),
    content: { kind: "changed", conversation: newConversationId(), rev: rev(7), seq: seq(3) },
    error: "TypeError: it is not there",
    at: nextTime(),
  };
}
