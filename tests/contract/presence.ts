// The contract of presence, rules P38 - P40 and P60, for every adapter of the port.

import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { UserId } from "#base/ids.ts";
import type { Presence, PresenceState } from "#ports/presence.ts";
import { newUser, newUsers, seed } from "./made-up.ts";

export interface PresenceUnderTest {
  /** Where sessions live, and where another process watches; the same where there is one process only. */
  readonly here: Presence;
  readonly elsewhere: Presence;
  /** Moves the time that `lastSeenAt` is taken from. */
  setTime(nowMs: number): void;
  /** Fulfils when the grace of every end so far is over and every change has been told. */
  settled(): Promise<void>;
  /** The process of `here` dies without a word; what others see once its state must be forgotten. */
  hereDied(): Promise<Presence>;
  close(): Promise<void>;
}

export function presenceContract(name: string, open: () => Promise<PresenceUnderTest>): void {
  describe(`presence, ${name}`, () => {
    const opened: PresenceUnderTest[] = [];
    afterEach(async () => {
      for (const presence of opened.splice(0)) await presence.close();
    });

    async function openPresence(): Promise<PresenceUnderTest> {
      const presence = await open();
      presence.setTime(1000);
      opened.push(presence);
      return presence;
    }

    async function stateOf(presence: Presence, user: UserId): Promise<PresenceState> {
      const watch = presence.watch([user], () => {});
      const [state] = await watch.states;
      watch.end();
      return state!;
    }

    function watched(presence: Presence, users: readonly UserId[]) {
      const told: PresenceState[] = [];
      return { told, ...presence.watch(users, (state) => told.push(state)) };
    }

    test("[P38] online while at least one session is, whatever the order of starts and ends", async () => {
      const property = fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 20 }), async (wishes) => {
        const { here, elsewhere, settled } = await openPresence();
        const user = newUser();
        const { told, states } = watched(elsewhere, [user]);
        expect(await states).toEqual([{ user, online: false }]);
        const expected: boolean[] = [];
        let count = 0;
        for (const starts of wishes) {
          if (!starts && count === 0) continue;
          if (starts) here.sessionStarted(user);
          else here.sessionEnded(user);
          const before = count;
          count += starts ? 1 : -1;
          if ((before === 0) !== (count === 0)) expected.push(count > 0);
          await settled();
          expect((await stateOf(elsewhere, user)).online).toBe(count > 0);
        }
        expect(told.map((state) => state.online)).toEqual(expected);
      });
      await fc.assert(property, { seed, numRuns: 20 });
    });

    test("[P38] who has left was last seen when the last session ended", async () => {
      const { here, elsewhere, setTime, settled } = await openPresence();
      const user = newUser();
      const { told, states } = watched(elsewhere, [user]);
      await states;
      here.sessionStarted(user);
      await settled();
      here.sessionStarted(user);
      setTime(2000);
      here.sessionEnded(user);
      setTime(3000);
      here.sessionEnded(user);
      await settled();
      setTime(4000);
      const offline = { user, online: false, lastSeenAt: 3000 };
      expect(told).toEqual([{ user, online: true }, offline]);
      expect(await stateOf(elsewhere, user)).toEqual(offline);
    });

    test("[P39] watching answers with every user's state once, then tells changes until it ends", async () => {
      const { here, elsewhere, settled } = await openPresence();
      const [online, offline, unwatched] = newUsers(3) as [UserId, UserId, UserId];
      here.sessionStarted(online);
      await settled();
      const watch = watched(elsewhere, [offline, online, offline]);
      const states = (await watch.states).map((state) => [state.user, state.online]);
      expect(states).toEqual([
        [offline, false],
        [online, true],
      ]);
      here.sessionStarted(offline);
      here.sessionStarted(unwatched);
      await settled();
      expect(watch.told).toEqual([{ user: offline, online: true }]);
      watch.end();
      here.sessionEnded(offline);
      here.sessionEnded(online);
      await settled();
      expect(watch.told.length).toBe(1);
    });

    test("[P39] watchers are apart: each is told, and one that ends takes nothing from the others", async () => {
      const { here, elsewhere, settled } = await openPresence();
      const user = newUser();
      const told: PresenceState[] = [];
      const same = (state: PresenceState) => told.push(state);
      const first = elsewhere.watch([user], same);
      const second = elsewhere.watch([user], same);
      await Promise.all([first.states, second.states]);
      here.sessionStarted(user);
      await settled();
      expect(told.length).toBe(2);
      first.end();
      first.end();
      here.sessionEnded(user);
      await settled();
      expect(told.length).toBe(3);
      second.end();
    });

    test("[P39] no change is told before the states, and the states have what came before them", async () => {
      const { here, elsewhere, settled } = await openPresence();
      const users = newUsers(20);
      const known = new Map<UserId, boolean>();
      let isAnswered = false;
      const watch = elsewhere.watch(users, (state) => {
        expect(isAnswered).toBe(true);
        known.set(state.user, state.online);
      });
      for (const user of users) here.sessionStarted(user);
      for (const state of await watch.states) known.set(state.user, state.online);
      isAnswered = true;
      await settled();
      expect([...known.values()]).toEqual(users.map(() => true));
      watch.end();
    });

    test("[P60] who comes back within the grace was never away", async () => {
      const { here, elsewhere, settled } = await openPresence();
      const user = newUser();
      const { told, states, end } = watched(elsewhere, [user]);
      await states;
      here.sessionStarted(user);
      await settled();
      here.sessionEnded(user);
      expect((await stateOf(elsewhere, user)).online).toBe(true);
      here.sessionStarted(user);
      await settled();
      expect(told).toEqual([{ user, online: true }]);
      here.sessionEnded(user);
      await settled();
      expect(told.map((state) => state.online)).toEqual([true, false]);
      end();
    });

    test("[P40] who was online at a process that died is not online for ever", async () => {
      const { here, elsewhere, settled, hereDied } = await openPresence();
      const user = newUser();
      here.sessionStarted(user);
      await settled();
      expect((await stateOf(elsewhere, user)).online).toBe(true);
      expect((await stateOf(await hereDied(), user)).online).toBe(false);
    });
  });
}
