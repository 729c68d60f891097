// No dead files, and proof that one would be found.

import { expect, test } from "bun:test";
import { deadFiles } from "#tests/house-rules/dead-files.ts";
import { paths, read, sourceFile, sources } from "#tests/house-rules/house.ts";

test("every source is reached from an entry point or a test", () => {
  const pages = paths.filter((path) => path.endsWith(".html")).map((path) => ({ path, text: read(path) }));
  expect(deadFiles(sources, pages)).toEqual([]);
});

test("a file that nothing reaches is found, one that is started by its path is not dead", () => {
  const files = [
    sourceFile("ops/main.ts", 'import "#app/a.ts"; run("bench/b.ts");'),
    sourceFile("app/a.ts", 'import "./c.ts";'),
    sourceFile("app/c.ts", ""),
    sourceFile("bench/b.ts", ""),
    sourceFile("web/shell/main.tsx", ""),
    sourceFile("core/dead.ts", 'import "#core/also-dead.ts";'),
    sourceFile("core/also-dead.ts", ""),
  ];
  const page = { path: "web/shell/index.html", text: '<script type="module" src="./main.tsx"></script>' };
  expect(deadFiles(files, [page])).toHaveLength(2);
});
