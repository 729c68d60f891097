// The contract of the message log, rules P1 - P9 and P85, for every adapter of the port.

import { afterAll, beforeAll, describe } from "bun:test";
import { appendingContract } from "./message-log-appending.ts";
import { changingContract } from "./message-log-changing.ts";
import { failingContract } from "./message-log-failing.ts";
import { readingContract } from "./message-log-reading.ts";
import { recentContract } from "./message-log-recent.ts";
import type { OpenStore, StoreUnderTest } from "./store-under-test.ts";

export function messageLogContract(name: string, open: OpenStore): void {
  describe(`the message log, ${name}`, () => {
    let store: StoreUnderTest;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store?.close());

    appendingContract(() => store);
    changingContract(() => store);
    readingContract(() => store);
    recentContract(() => store);
    failingContract(() => store);
  });
}
