// Every port has its contract suite, and every adapter passes it; proof that a missing one would be found.

import { expect, test } from "bun:test";
import { contractProblems, unprovenAdapters } from "#tests/house-rules/contracts.ts";
import { sourceFile, sources } from "#tests/house-rules/house.ts";

test("[L8] every port has one contract suite, which the adapters pass", () => {
  expect(sources.filter((file) => file.path.startsWith("ports/")).length).toBeGreaterThan(5);
  expect(contractProblems(sources)).toEqual([]);
  expect(unprovenAdapters(sources)).toEqual([]);
});

test("a port without a suite, a suite without a run and an adapter without a suite are found", () => {
  const port = sourceFile("ports/search.ts", "");
  const suite = sourceFile("tests/contract/search.ts", "");
  const run = (text: string) => sourceFile("tests/contract/memory.test.ts", text);
  expect(contractProblems([port])).toHaveLength(1);
  expect(contractProblems([port, suite])).toHaveLength(1);
  expect(contractProblems([port, suite, run('import { a } from "./search.ts";')])).toEqual([]);
  const adapter = sourceFile("adapters/tree/search.ts", "");
  expect(unprovenAdapters([port, adapter])).toHaveLength(1);
  expect(unprovenAdapters([port, adapter, run('import { a } from "#adapters/tree/search.ts";')])).toEqual([]);
});
