// A simulator proves something only if it can fail: each planted fault is found within a thousand seeds. And the
// same seed makes the same world, so that what was found can be looked at.

import { expect, test } from "bun:test";
import { ackBeforeCommit, missingDedupe, plantDeafCaches, plantMissingGapCheck } from "./plants.ts";
import { type Options, simulate, type Verdict } from "./world.ts";

const seedsMax = 1_000;
const withinMs = 240_000;

async function firstFound(options: Options): Promise<Verdict | null> {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const verdict = await simulate(seed, options);
    if (verdict.violations.length > 0) return verdict;
  }
  return null;
}

test(
  "[L1] an acknowledgement before the commit is found",
  async () => {
    const found = await firstFound({ plant: ackBeforeCommit });
    expect(found?.violations.join()).toMatch(/lost|twice|numbered|after|shows/);
    console.log(`ack before commit: seed ${found?.seed}: ${found?.violations[0]}`);
  },
  withinMs,
);

test(
  "[L3] a missing look at names is found",
  async () => {
    const found = await firstFound({ plant: missingDedupe });
    expect(found?.violations.join()).toMatch(/stored|lost/);
    console.log(`missing dedupe: seed ${found?.seed}: ${found?.violations[0]}`);
  },
  withinMs,
);

test(
  "[L2] a missing look for gaps is found",
  async () => {
    const remove = plantMissingGapCheck();
    try {
      const found = await firstFound({});
      expect(found?.violations.join()).toMatch(/shows|after|unread/);
      console.log(`missing gap check: seed ${found?.seed}: ${found?.violations[0]}`);
    } finally {
      remove();
    }
  },
  withinMs,
);

test(
  "[L1] caches that hear of nothing are found",
  async () => {
    const remove = plantDeafCaches();
    try {
      const found = await firstFound({ isCluster: true });
      expect(found?.violations.join()).toMatch(/shows|unread|load|live|way/);
      console.log(`deaf caches: seed ${found?.seed}: ${found?.violations[0]}`);
    } finally {
      remove();
    }
  },
  withinMs,
);

test("the same seed makes the same world", async () => {
  for (const seed of [7, 8]) {
    const [one, other] = [await simulate(seed), await simulate(seed)];
    expect(one).toEqual(other);
    expect(one.violations).toEqual([]);
  }
});
