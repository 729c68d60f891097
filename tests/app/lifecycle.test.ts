// Parts open in order and close in reverse, also when one of them fails.

import { expect, test } from "bun:test";
import { createLifecycle } from "#app/lifecycle.ts";
import { silentLog } from "#app/telemetry/log.ts";

test("parts close in reverse, once, and one that fails does not keep the others open", async () => {
  const told: string[] = [];
  const parts = createLifecycle(silentLog);
  await parts.open(
    "a",
    () => "a",
    (it) => told.push(it),
  );
  await parts.open(
    "b",
    () => "b",
    async () => {
      told.push("b");
      throw new Error("does not close");
    },
  );
  await parts.open(
    "c",
    async () => "c",
    async (it) => told.push(it),
  );
  await Promise.all([parts.close(), parts.close()]);
  expect(told).toEqual(["c", "b", "a"]);
});

test("what fails to open closes what was opened before it, in a hurry, and tells its error", async () => {
  const told: boolean[] = [];
  const parts = createLifecycle(silentLog);
  await parts.open(
    "a",
    () => "a",
    (_, hurry) => told.push(hurry.aborted),
  );
  const failing = parts.open("b", () => Promise.reject(new Error("no b")));
  expect(failing).rejects.toThrow("no b");
  await failing.catch(() => {});
  expect(told).toEqual([true]);
});
