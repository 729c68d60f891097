// A part of the cluster that is away fails every command that waits for it: the log must say so, and not be one more
// thing that falls over.

import { expect, test } from "bun:test";
import { createLog } from "#app/telemetry/log.ts";
import { Seldom } from "#app/telemetry/seldom.ts";
import { createTelemetry } from "#app/telemetry.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";

test("a thousand commands that fail for the same reason are one line; another reason and a bug are lines of their own", async () => {
  const lines: string[] = [];
  const telemetry = createTelemetry(
    createLog({ logLevel: "info", logFormat: "text" }, (line) => lines.push(line)),
  );
  const { observe } = telemetry;
  for (let i = 0; i < 1_000; i++) observe.storeFailed(new StoreUnavailable("nobody answered"));
  observe.storeFailed(new StoreUnavailable("the disk is full"));
  for (let i = 0; i < 2; i++) observe.storeFailed(new TypeError("a bug"));
  const told = ["nobody answered", "the disk is full", "a bug"].map(
    (reason) => lines.filter((line) => line.includes(reason)).length,
  );
  expect(told).toEqual([1, 1, 2]);
  expect(await telemetry.metrics()).toContain("banyan_failures_total 1003");
});

test("what goes on failing is told again after ten seconds, with the number that was held back", () => {
  const seldom = new Seldom();
  expect(seldom.due("away", 0)).toBe(0);
  expect([1, 5_000, 9_999].map((now) => seldom.due("away", now))).toEqual([null, null, null]);
  expect(seldom.due("away", 10_000)).toBe(3);
  expect(seldom.due("away", 20_000)).toBe(0);
});
