// The contract of ports/passwords.ts. To be opened at a cost of some milliseconds, so that times can be compared.

import { expect, test } from "bun:test";
import type { Passwords } from "#ports/passwords.ts";

export function passwordsContract(name: string, open: () => Passwords): void {
  test(`[P45] ${name}: a hash verifies its own password and no other`, async () => {
    const passwords = open();
    const hash = await passwords.hash("a tree 🌳 at night");
    expect(await passwords.verify("a tree 🌳 at night", hash)).toBe(true);
    for (const other of ["a tree 🌳 at nigh", "a tree 🌳 at night ", "A tree 🌳 at night", ""]) {
      expect(await passwords.verify(other, hash)).toBe(false);
    }
  });

  test(`[P46] ${name}: without a hash the answer is no, after the same work`, async () => {
    const passwords = open();
    const hash = await passwords.hash("a tree at night");
    const withHash: number[] = [];
    const without: number[] = [];
    for (let i = 0; i < 7; i++) {
      withHash.push(await timeMs(() => passwords.verify("another tree", hash)));
      without.push(
        await timeMs(async () => expect(await passwords.verify("another tree", null)).toBe(false)),
      );
    }
    expect(middle(without)).toBeGreaterThan(middle(withHash) / 4);
    expect(middle(without)).toBeLessThan(middle(withHash) * 4);
  });

  test(`[P47] ${name}: two hashes of one password differ, and tell their algorithm and cost`, async () => {
    const passwords = open();
    const [one, other] = await Promise.all([passwords.hash("a tree"), passwords.hash("a tree")]);
    expect(one).not.toBe(other);
    for (const hash of [one, other]) expect(hash).toMatch(/^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$/);
  });
}

async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
