// Gateways even out: the decision as arithmetic, the loop on simulated time, and what being asked to go elsewhere
// costs those who are asked (nothing but a reconnect) in the simulated world with its failures.

import { expect, test } from "bun:test";
import { sessionsToGo, startRebalance } from "#services/gateway/rebalance.ts";
import { Dice } from "./dice.ts";
import { SimulatedTime } from "./time.ts";
import { simulate } from "./world.ts";

test("nothing goes while counts are near each other, nobody else is there, or others have more", () => {
  for (const [mine, elsewhere] of [
    [100_000, []],
    [0, [0, 0]],
    [100, [0]], // 50 above the mean of 50: a reconnect is not worth it
    [1_100, [1_000, 900]],
    [10, [5_000]],
  ] as const)
    expect(sessionsToGo(mine, elsewhere, 0)).toEqual({ now: 0, slotsLeft: 0 });
});

test("what is above the mean goes in thirty slots; once begun it goes on to the mean, and no further", () => {
  expect(sessionsToGo(1_000, [1_000, 0], 0)).toEqual({ now: 12, slotsLeft: 29 });
  expect(sessionsToGo(700, [700, 600], 10)).toEqual({ now: 4, slotsLeft: 9 });
  expect(sessionsToGo(667, [667, 667], 10)).toEqual({ now: 0, slotsLeft: 0 });
  expect(sessionsToGo(1_000, [], 10)).toEqual({ now: 0, slotsLeft: 0 });
});

interface Gateway {
  sessions: number;
  asked: { at: number; count: number }[];
}

/** Gateways that all rebalance; who is asked is back after a second or two, where `balancer` leads. */
function cluster(
  counts: readonly number[],
  seed: number,
  balancer: (all: Gateway[], from: Gateway) => Gateway,
) {
  const time = new SimulatedTime();
  const dice = new Dice(seed);
  const all: Gateway[] = counts.map((sessions) => ({ sessions, asked: [] }));
  const seen = () => all.map(({ sessions }) => sessions);
  let told = seen();
  const rollCall = () => {
    told = seen();
    time.after(500, rollCall);
  };
  rollCall();
  for (const [i, gateway] of all.entries())
    time.after(dice.whole(0, 900), () =>
      startRebalance({
        clock: time,
        gateway: {
          stats: () => gateway,
          shed(count, withinMs) {
            gateway.asked.push({ at: time.now(), count });
            for (let n = 0; n < count; n++)
              time.after((withinMs * n) / count, () => {
                gateway.sessions--;
                time.after(dice.whole(100, 2_000), () => balancer(all, gateway).sessions++);
              });
            return count;
          },
        },
        sessionsElsewhere: () => told.filter((_, other) => other !== i),
      }),
    );
  return { time, all };
}

const leastConnections = (all: Gateway[]) =>
  all.reduce((least, it) => (it.sessions < least.sessions ? it : least));

test("within a minute after one joins all are even, without a herd, and then it is quiet", async () => {
  for (const [seed, counts] of [
    [1, [10_000, 10_000, 0]],
    [2, [5_000, 0]],
    [3, [30_000, 20_000, 20_000, 0, 0]],
    [4, [700, 0]],
  ] as const) {
    const { time, all } = cluster(counts, seed, leastConnections);
    await time.run(60_000);
    const sum = counts.reduce<number>((total, count) => total + count, 0);
    const mean = sum / counts.length;
    for (const { sessions } of all) expect(Math.abs(sessions - mean)).toBeLessThanOrEqual(mean * 0.1 + 50);
    for (const [i, { asked }] of all.entries())
      for (const { count } of asked) expect(count).toBeLessThanOrEqual(Math.ceil(counts[i]! / 30));
    const before = all.map(({ asked }) => asked.length);
    await time.run(180_000);
    expect(all.map(({ asked }) => asked.length)).toEqual(before);
  }
});

test("when the sessions come straight back it stops soon, rests, and does not wear people out", async () => {
  const { time, all } = cluster([3_000, 0], 5, (_, from) => from);
  await time.run(240_000);
  const asked = all[0]!.asked.reduce((sum, { count }) => sum + count, 0);
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThanOrEqual(550);
  await time.run(340_000);
  expect(all[0]!.asked.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(asked);
});

test("who is given what another sheds goes on, as long as the emptiest one fills up", async () => {
  let returns = 0;
  // The balancer hears late of the one that joined: what comes back first goes to one that is full.
  const late = (all: Gateway[]) => (++returns < 250 ? all[1]! : leastConnections(all));
  const { time, all } = cluster([3_000, 3_000, 0], 6, late);
  await time.run(60_000);
  for (const { sessions } of all) expect(Math.abs(sessions - 2_000)).toBeLessThanOrEqual(250);
});

test("while all come nobody is sent away, though what is known of the others is behind", async () => {
  const time = new SimulatedTime();
  let [sessions, told, asked] = [0, 0, 0];
  const rebalance = startRebalance({
    clock: time,
    gateway: {
      stats: () => ({ sessions }),
      shed(count) {
        asked += count;
        return count;
      },
    },
    sessionsElsewhere: () => [told],
  });
  const come = () => {
    sessions += 20;
    if (sessions % 1_000 === 0) told = sessions - 600;
    if (sessions < 20_000) time.after(10, come);
    else told = sessions;
  };
  come();
  await time.run(30_000);
  expect(sessions).toBe(20_000);
  expect(asked).toBe(0);
  rebalance.stop();
});

test("in the simulated world a gateway that leaves takes nothing with it", async () => {
  for (let seed = 101; seed <= 115; seed++) {
    const verdict = await simulate(seed, { leaveAtMs: 9_000 });
    expect({ seed, violations: verdict.violations }).toEqual({ seed, violations: [] });
  }
});

test("in the simulated world being asked to come back loses nothing and doubles nothing", async () => {
  let shed = 0;
  for (let seed = 1; seed <= 16; seed++) {
    const verdict = await simulate(seed, { shedEveryMs: 400 });
    expect({ seed, violations: verdict.violations }).toEqual({ seed, violations: [] });
    shed += verdict.shed;
  }
  expect(shed).toBeGreaterThan(150);
});
