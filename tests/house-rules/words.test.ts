// What must not stand in a source, and proof that it would be found.

import { expect, test } from "bun:test";
import { paths, read, sourceFile, sources } from "#tests/house-rules/house.ts";
import {
  environmentProblems,
  exportProblems,
  lengthProblems,
  nameProblems,
  openingProblems,
  pauseProblems,
  placeProblems,
} from "#tests/house-rules/words.ts";

const binary = /\.(png|jpg|ico|woff2|bin|gz|msgpack)$/;

test("only app/config.ts reads the environment", () => {
  expect(environmentProblems(sources)).toEqual([]);
});

test("no test pauses", () => {
  expect(pauseProblems(sources)).toEqual([]);
});

test("nothing names a registry or a path of one machine", () => {
  const texts = paths.filter((path) => !binary.test(path)).map((path) => ({ path, text: read(path) }));
  expect(placeProblems(texts)).toEqual([]);
});

test("the lock file names no host, so that each machine asks its own registry", () => {
  expect(read("package-lock.json").match(/"resolved": "https?:/g)).toBeNull();
});

test("no file is longer than 400 lines, each is named in kebab-case and opens with what it is for", () => {
  expect(lengthProblems(sources)).toEqual([]);
  expect(nameProblems(paths)).toEqual([]);
  expect(openingProblems(sources)).toEqual([]);
});

test("exports are named, and no file passes on what another makes", () => {
  expect(exportProblems(sources)).toEqual([]);
  for (const code of ["export default 1;", 'export * from "#core/a.ts";', 'export { a } from "#core/a.ts";'])
    expect(exportProblems([sourceFile("core/x.ts", code)])).toHaveLength(1);
  expect(exportProblems([sourceFile("core/x.ts", "export { a };\nexport const b = 1;")])).toEqual([]);
});

test("a reader of the environment is found", () => {
  expect(environmentProblems([sourceFile("services/api/x.ts", "const a = process.env.HOME;")])).toHaveLength(
    1,
  );
  expect(environmentProblems([sourceFile("services/api/x.ts", "// process.env")])).toEqual([]);
  expect(environmentProblems([sourceFile("app/config.ts", "const a = process.env;")])).toEqual([]);
});

test("a pause is found, a deadline is none", () => {
  const pauses = [
    "await Bun.sleep(10);",
    "await new Promise((done) => setTimeout(done, 10));",
    "await new Promise<void>((done) => { setTimeout(done, 10); });",
    "await new Promise((done) => setTimeout(() => done(), 10));",
    'import { setTimeout as wait } from "node:timers/promises";',
    "await page.waitForTimeout(100);",
  ];
  for (const pause of pauses) expect(pauseProblems([sourceFile("tests/api/x.ts", pause)])).toHaveLength(1);
  const deadline =
    "new Promise((done, failed) => { setTimeout(() => failed(new Error('late')), 10); on(done); });";
  expect(pauseProblems([sourceFile("tests/api/x.ts", deadline)])).toEqual([]);
});

test("a registry and a machine's path are found", () => {
  expect(placeProblems([{ path: "docs/a.md", text: "see https://registry.example.org/x" }])).toHaveLength(1);
  expect(placeProblems([{ path: "docs/a.md", text: 'cd "/home/me/banyan/x"' }])).toHaveLength(1);
  expect(placeProblems([{ path: "docs/a.md", text: "GET /v1/home/x" }])).toEqual([]);
});

test("a long file, a wrong name and a missing opening are found", () => {
  expect(lengthProblems([sourceFile("core/x.ts", "// a\n".repeat(401))])).toHaveLength(1);
  expect(
    nameProblems(["core/SendMessage.ts", "core/send_message.ts", "core/send-message.test.ts"]),
  ).toHaveLength(2);
  expect(openingProblems([sourceFile("core/x.ts", "export const a = 1;")])).toHaveLength(1);
});
