// Links and file names in the documents, and proof that a broken one would be found.

import { expect, test } from "bun:test";
import { fileNameProblems, linkProblems } from "#tests/house-rules/docs-links.ts";
import { pages, paths } from "#tests/house-rules/house.ts";

const known = new Set(paths);

test("every link in a document leads somewhere", () => {
  expect(linkProblems(pages, known)).toEqual([]);
});

test("every file and folder that a document names exists", () => {
  expect(fileNameProblems(pages, known)).toEqual([]);
});

test("a broken link, anchor and file name are found", () => {
  const there = new Set(["docs/a.md", "docs/b.md", "core/refusal.ts"]);
  const page = (text: string) => [
    { path: "docs/a.md", text },
    { path: "docs/b.md", text: "# A heading" },
  ];
  expect(
    linkProblems(page("[b](b.md) [b](./b.md#a-heading) [x](https://x.org) [r](../core/refusal.ts)"), there),
  ).toEqual([]);
  expect(linkProblems(page("[b](c.md)"), there)).toHaveLength(1);
  expect(linkProblems(page("[b](b.md#no-heading)"), there)).toHaveLength(1);
  expect(fileNameProblems(page("see core/refusal.ts, core/refusal and core/"), there)).toEqual([]);
  expect(fileNameProblems(page("see `core/gone.ts`"), there)).toHaveLength(1);
  expect(fileNameProblems(page("and/or, 10/20, GET /core/x"), there)).toEqual([]);
});
