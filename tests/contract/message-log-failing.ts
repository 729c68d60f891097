// The contract of the message log, rule P8: connections that break.

import { beforeAll, expect, test } from "bun:test";
import type { ConversationId, MessageName } from "#base/ids.ts";
import type { Appended, MessageLog, NewMessage } from "#ports/message-log.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { allMessages, newMessage, no } from "./made-up.ts";
import { roomsOfOneLane } from "./rooms.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export function failingContract(storeOf: () => StoreUnderTest): void {
  let store: StoreUnderTest;
  let log: MessageLog;
  beforeAll(() => {
    store = storeOf();
    log = store.messageLog;
  });

  test("[P8] a broken connection rejects with StoreUnavailable; a group is there whole or not at all", async () => {
    let failures = 0;
    for (let round = 0; round < 12 || failures === 0; round++) {
      if (round === 60) throw new Error("no call failed in 60 rounds of breaking the connection");
      const rooms = await roomsOfOneLane(store, 2);
      const sends = Array.from({ length: 6 }, (_, index) => newMessage(rooms[index % 2]!));
      const lane = log.laneOf(rooms[0]!);
      const first = store.brittle.messageLog.append(lane, sends).then(
        () => null,
        (error: unknown) => error,
      );
      for (let wait = 0; wait < round % 6; wait++) await new Promise(setImmediate);
      await store.brittle.sever();
      const failure = await first;
      if (failure) {
        failures++;
        expect(failure).toBeInstanceOf(StoreUnavailable);
        expect(String(failure)).not.toContain(sends[0]!.text);
      }
      await expectWholeAndOnce(lane, rooms, sends, failure === null);
    }
  });

  /** The outcome may still be on its way when the caller has its error: the second try settles it. */
  async function expectWholeAndOnce(
    lane: number,
    rooms: ConversationId[],
    sends: NewMessage[],
    known: boolean,
  ) {
    const again = (await log.append(
      lane,
      sends.map((each) => ({ ...each, again: true })),
    )) as Appended[];
    expect(new Set(again.map((answer) => answer.isNew)).size).toBe(1);
    if (known) expect(again[0]!.isNew).toBe(false);
    for (const room of rooms) {
      const names: MessageName[] = (await allMessages(log, room, no(1))).map((message) => message.name);
      const wanted = sends.filter((each) => each.conversation === room).map((each) => each.name);
      expect(names).toEqual(wanted);
    }
  }
}
