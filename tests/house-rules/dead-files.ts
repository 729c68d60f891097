// Which sources nothing reaches. A file is reached by an import, or by its path in a text (programs that are
// started, pages of the web client), from an entry point or a test.

import { posix } from "node:path";
import type { SourceFile } from "#tests/house-rules/house.ts";
import { importsOf } from "#tests/house-rules/imports.ts";

/** Programs that somebody starts by name, tests, and declarations that the compiler finds by itself. */
const entries =
  /^(ops\/main\.ts|bench\/main\.ts|bench\/plans-at-10m\.ts|bench\/micro\/nats-bus\.ts|bench\/(scale|model)\/main\.ts|sdk\/build\.ts|protocol\/generate\.ts|tests\/conformance\/write-golden\.ts|tests\/[^/]+\/run\.ts|.*\.test\.ts|.*\.d\.ts)$/;

export function deadFiles(
  files: readonly SourceFile[],
  htmlPages: readonly { path: string; text: string }[],
): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const queue = files.map((file) => file.path).filter((path) => entries.test(path));
  for (const page of htmlPages)
    for (const found of page.text.matchAll(/src="\.?\/?([^"]+\.(?:ts|tsx|mjs))"/g))
      queue.push(posix.join(posix.dirname(page.path), found[1]!));
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    queue.push(...reachedFrom(file));
  }
  return files
    .filter((file) => !reached.has(file.path))
    .map((file) => `${file.path} is reached by nothing: use it or delete it.`);
}

function reachedFrom(file: SourceFile): string[] {
  const imported = importsOf(file).flatMap((it) => (it.file === null ? [] : [it.file]));
  const named = file.literals
    .map((literal) => literal.text)
    .filter((text) => /^[\w./-]+\.(ts|tsx|mjs)$/.test(text))
    .flatMap((text) => [posix.normalize(text), posix.join(posix.dirname(file.path), text)]);
  return [...imported, ...named];
}
