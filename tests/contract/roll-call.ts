// The contract of the roll call, rules P53 - P55, for every adapter of the port.

import { afterEach, describe, expect, test } from "bun:test";
import type { Card, RollCall } from "#ports/roll-call.ts";
import { until } from "#tests/parts/until.ts";

export interface ProcessOfRollCall {
  readonly rollCall: RollCall;
  /** Ends without a word. */
  die(): Promise<void>;
}

/** A process of one house; all of one test hear each other. */
export type OpenProcess = () => Promise<ProcessOfRollCall>;

export function rollCallContract(
  name: string,
  open: () => Promise<{ openProcess: OpenProcess; close(): Promise<void> }>,
): void {
  describe(`the roll call, ${name}`, () => {
    const opened: { close(): Promise<void> }[] = [];
    afterEach(async () => {
      for (const house of opened.splice(0)) await house.close();
    });

    async function openHouse(): Promise<OpenProcess> {
      const house = await open();
      opened.push(house);
      return house.openProcess;
    }

    const card = (instance: string, wish: Partial<Card> = {}): Card => ({
      instance,
      roles: ["gateway"],
      state: "serving",
      sessions: 0,
      version: "1.2.3",
      ...wish,
    });
    const names = (rollCall: RollCall) => rollCall.processes().map((each) => each.instance);
    const knows = (rollCall: RollCall, expected: string[]) => () => Bun.deepEquals(names(rollCall), expected);

    test("[P53] who announces itself is known to all, also to who comes later, with its newest card", async () => {
      const openProcess = await openHouse();
      const [b, a] = [await openProcess(), await openProcess()];
      let sessions = 1;
      b.rollCall.announce(() => card("b", { sessions, roles: ["messaging", "worker"], url: "http://b" }));
      expect(names(b.rollCall)).toEqual(["b"]);
      a.rollCall.announce(() => card("a"));
      for (const each of [a, b]) await until("both know both", knows(each.rollCall, ["a", "b"]), 1000);
      const late = await openProcess();
      await until("the late one knows both", knows(late.rollCall, ["a", "b"]), 1000);
      expect(late.rollCall.processes()[1]).toMatchObject(
        card("b", { sessions: 1, roles: ["messaging", "worker"], url: "http://b" }),
      );
      sessions = 7;
      await until("the newest card", () => late.rollCall.processes()[1]?.sessions === 7, 1000);
    });

    test("[P54] who falls silent is forgotten, and nobody else", async () => {
      const openProcess = await openHouse();
      const [a, b, watcher] = [await openProcess(), await openProcess(), await openProcess()];
      a.rollCall.announce(() => card("a"));
      b.rollCall.announce(() => card("b"));
      await until("both are known", knows(watcher.rollCall, ["a", "b"]), 1000);
      const told: string[][] = [];
      watcher.rollCall.onChange(() => told.push(names(watcher.rollCall)));
      await b.die();
      await until("b is forgotten", knows(watcher.rollCall, ["a"]), 3000);
      expect(told).toEqual([["a"]]);
    });

    test("[P55] leaving and another state are known at once, the count of sessions changes nothing", async () => {
      const openProcess = await openHouse();
      const [a, b] = [await openProcess(), await openProcess()];
      let own = card("a");
      a.rollCall.announce(() => own);
      b.rollCall.announce(() => card("b"));
      await until("b knows a", knows(b.rollCall, ["a", "b"]), 1000);
      const told: string[] = [];
      const end = b.rollCall.onChange(() => {
        const it = b.rollCall.processes().find((each) => each.instance === "a");
        told.push(it ? `${it.state} ${it.sessions}` : "gone");
      });
      own = card("a", { sessions: 5 });
      a.rollCall.tell();
      await until("the count is known", () => b.rollCall.processes()[0]?.sessions === 5, 400);
      own = card("a", { sessions: 6, state: "leaving" });
      a.rollCall.tell();
      await until("it is leaving", () => b.rollCall.processes()[0]?.state === "leaving", 400);
      a.rollCall.leave();
      await until("it has left", knows(b.rollCall, ["b"]), 400);
      expect(told).toEqual(["leaving 6", "gone"]);
      end();
      expect(names(a.rollCall)).toEqual(["b"]);
      a.rollCall.announce(() => card("a"));
      await until("it is back", knows(b.rollCall, ["a", "b"]), 1000);
      expect(told.length).toBe(2);
    });
  });
}
