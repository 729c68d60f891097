// How long the unluckiest of many waits after a fault, and how seldom one asks while it lasts.

import { expect, test } from "bun:test";
import { minuteMs, secondMs } from "#base/units.ts";
import { backoffMs } from "#sdk/backoff.ts";
import { Dice } from "#tests/simulation/dice.ts";

const clients = 1_000;
const chance = new Dice(1);

/** When each comes back that lost its connection at 0, and how often it tried. */
function returns(faultMs: number): { readonly atMs: number; readonly tries: number }[] {
  return Array.from({ length: clients }, () => {
    let atMs = 0;
    let tries = 0;
    while (atMs < faultMs) atMs += backoffMs(tries++, chance);
    return { atMs, tries };
  });
}

const longest = (faultMs: number) => Math.max(...returns(faultMs).map(({ atMs }) => atMs)) - faultMs;

test("after a short fault nobody waits much longer than it lasted", () => {
  expect(longest(secondMs)).toBeLessThan(4 * secondMs);
  expect(longest(6 * secondMs)).toBeLessThan(10 * secondMs);
  expect(longest(10 * secondMs)).toBeLessThan(15 * secondMs);
});

test("in a long fault the tries become few, and nobody waits beyond the maximum", () => {
  const hour = returns(60 * minuteMs);
  expect(Math.max(...hour.map(({ tries }) => tries))).toBeLessThan(320);
  expect(longest(60 * minuteMs)).toBeLessThanOrEqual(30 * secondMs);
});

test("who lost the connection together comes back spread over the wait", () => {
  const first = returns(1).map(({ atMs }) => Math.floor(atMs / 100));
  const perTenth = Map.groupBy(first, (tenth) => tenth);
  expect(perTenth.size).toBe(10);
  expect(Math.max(...[...perTenth.values()].map((group) => group.length))).toBeLessThan(clients / 6);
});
