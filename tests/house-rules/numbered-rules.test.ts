// Every numbered rule has a test that names it, and every test that names a rule names one that exists.

import { expect, test } from "bun:test";
import { read, sourceFile, sources } from "#tests/house-rules/house.ts";
import { numberProblems, provenIn, type RuleBook, rulesOf } from "#tests/house-rules/numbered-rules.ts";

const book = (letter: string, path: string): RuleBook => ({ letter, path, text: read(path) });
const books = [book("W", "protocol/SPEC.md"), book("P", "ports/SPEC.md"), book("L", "docs/laws.md")];
const proven = provenIn(sources.filter((file) => file.path !== "tests/house-rules/numbered-rules.test.ts"));

for (const it of books)
  test(`the rules of ${it.path} and the titles of tests name each other`, () => {
    expect(rulesOf(it).length).toBeGreaterThanOrEqual(10);
    expect(numberProblems(it, proven)).toEqual([]);
  });

test("a rule without a test, a test without a rule and a number given twice are found", () => {
  const text = "**[W1]** One.\n**[W2]** Two.\n- **[W2]** Again.";
  const titles = provenIn([sourceFile("tests/x.test.ts", 'test("[W1] one", f); test("[W9] nine", f);')]);
  const found = numberProblems({ letter: "W", path: "SPEC.md", text }, titles);
  expect(found.map((line) => /W\d/.exec(line)![0]).sort()).toEqual(["W2", "W2", "W2", "W9"]);
});

test("a title may name several rules, and is found in every form of test", () => {
  const forms = [
    'test("[W1] [W2] a", f)',
    "test.each([1])('[W3] a', f)",
    "describe(`[W4] a`, f)",
    'it(\n  "[W5][W6] a"',
  ];
  const titles = provenIn([sourceFile("tests/x.test.ts", forms.join(";\n"))]);
  expect([...titles.keys()].sort()).toEqual(["W1", "W2", "W3", "W4", "W5", "W6"]);
});
