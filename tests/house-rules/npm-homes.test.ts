// One home per npm package, none unused, none unlisted, all pinned.

import { expect, test } from "bun:test";
import { read, sourceFile, sources } from "#tests/house-rules/house.ts";
import {
  lockProblems,
  npmHomeProblems,
  npmHomes,
  toolHomes,
  unlistedProblems,
  unusedProblems,
} from "#tests/house-rules/npm-homes.ts";
import manifest from "../../package.json" with { type: "json" };

const versions: Record<string, string> = {
  ...manifest.dependencies,
  ...manifest.devDependencies,
  ...manifest.optionalDependencies,
};
const dependencies = Object.keys(versions);
const homes = { ...npmHomes, ...toolHomes };

test("each npm package is spoken to by its home only", () => {
  expect(npmHomeProblems(sources, homes)).toEqual([]);
});

test("no package is listed and not used, or used and not listed", () => {
  expect(unusedProblems(sources, dependencies)).toEqual([]);
  expect(unlistedProblems(sources, dependencies)).toEqual([]);
});

test("what only tests and bench need is not a dependency of the server", () => {
  expect(Object.keys(toolHomes).filter((name) => Object.hasOwn(manifest.dependencies, name))).toEqual([]);
  expect(Object.keys(npmHomes).filter((name) => !Object.hasOwn(manifest.dependencies, name))).toEqual([]);
});

test("every version is exact", () => {
  expect(dependencies.filter((name) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(versions[name]!))).toEqual([]);
});

test("a package outside its home, an unused and an unlisted one are found", () => {
  const file = sourceFile("services/gateway/x.ts", 'import pino from "pino";');
  expect(npmHomeProblems([file], homes)).toHaveLength(1);
  expect(unusedProblems([file], ["pino", "left-pad"])).toHaveLength(1);
  expect(unlistedProblems([file], ["hono"])).toHaveLength(1);
  const scoped = sourceFile("core/x.ts", 'import { z } from "@hono/zod-openapi/deep";');
  expect(npmHomeProblems([scoped], homes)).toHaveLength(1);
});

test("the lock file holds the packages of every platform, as npm ci wants them, and names no registry", () => {
  expect(lockProblems(JSON.parse(read("package-lock.json")).packages)).toEqual([]);
  const lacking = { "node_modules/tool": { optionalDependencies: { "tool-linux": "1.0.0" } } };
  expect(lockProblems(lacking)).toHaveLength(1);
  const placed = { "node_modules/tool": { resolved: "https://registry.example/tool-1.0.0.tgz" } };
  expect(lockProblems(placed)).toHaveLength(1);
});
