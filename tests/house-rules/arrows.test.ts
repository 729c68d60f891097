// The arrows between the rooms, and proof that each of the checks can fail.

import { expect, test } from "bun:test";
import { arrowProblems, crossingProblems, purityProblems } from "#tests/house-rules/arrows.ts";
import { sourceFile, sources } from "#tests/house-rules/house.ts";

test("every import follows an allowed arrow", () => {
  expect(arrowProblems(sources)).toEqual([]);
});

test("an import of another room names the room", () => {
  expect(crossingProblems(sources)).toEqual([]);
});

test("base, core, ports and protocol see no clock, no chance and no I/O", () => {
  expect(purityProblems(sources)).toEqual([]);
});

test("an arrow that is not allowed is found, in every form of import", () => {
  const forms = [
    'import { a } from "#adapters/postgres/rows.ts";',
    'import type { A } from "#adapters/postgres/rows.ts";',
    'import {\n  a,\n  b,\n} from "#adapters/postgres/rows.ts";',
    'import "#adapters/postgres/rows.ts";',
    'export { a } from "#adapters/postgres/rows.ts";',
    'const a = await import("#adapters/postgres/rows.ts");',
    'import { a } from "../../adapters/postgres/rows.ts";',
  ];
  for (const form of forms) {
    for (const path of ["core/messages/x.ts", "services/gateway/x.ts", "adapters/memory/x.ts"])
      expect(arrowProblems([sourceFile(path, form)])).toHaveLength(1);
    expect(arrowProblems([sourceFile("app/assemble.ts", form.replace("../../", "../"))])).toEqual([]);
  }
  expect(arrowProblems([sourceFile("core/x.ts", `// ${forms[0]}`)])).toEqual([]);
  expect(
    arrowProblems([sourceFile("services/a/x.ts", 'import { b } from "#services/b/y.ts";')]),
  ).toHaveLength(1);
  expect(arrowProblems([sourceFile("cellar/x.ts", forms[0]!)])).toHaveLength(1);
});

test("a relative import into another room is found", () => {
  const file = sourceFile("services/api/x.ts", 'import { a } from "../../core/refusal.ts";');
  expect(crossingProblems([file])).toHaveLength(1);
});

test("a clock, chance or I/O in a pure room is found", () => {
  for (const code of ["const a = Date.now();", "await Bun.sleep(1);", "Math.random();", 'import "node:fs";'])
    expect(purityProblems([sourceFile("core/x.ts", code)])).toHaveLength(1);
  expect(purityProblems([sourceFile("core/x.ts", "// Date.now() is not used")])).toEqual([]);
});
