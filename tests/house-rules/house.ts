// The files of the house, for the tests that look at its form.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Scanned, scan } from "#tests/house-rules/scan.ts";

export const root = join(import.meta.dir, "../..");

export interface SourceFile extends Scanned {
  /** From the root of the house, with slashes. */
  readonly path: string;
  readonly text: string;
}

const notOurs = new Set(["node_modules", ".git", ".banyan", ".artifacts"]);

/** Every file of the house, as paths from its root. */
export const paths: readonly string[] = walk("").sort();

export const sources: readonly SourceFile[] = paths
  .filter((path) => /\.(ts|tsx|mjs)$/.test(path))
  .map((path) => sourceFile(path, read(path)));

export const pages: readonly { path: string; text: string }[] = paths
  .filter((path) => path.endsWith(".md"))
  .map((path) => ({ path, text: read(path) }));

export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export function sourceFile(path: string, text: string): SourceFile {
  return { path, text, ...scan(text) };
}

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !notOurs.has(entry.name))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory() ? walk(path) : [path];
    });
}
