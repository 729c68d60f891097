// Law 8: what stands outside is spoken to through a port, and each port has one contract suite that every adapter
// passes.

import type { SourceFile } from "#tests/house-rules/house.ts";
import { importsOf } from "#tests/house-rules/imports.ts";

/** Ports that are so small that using them proves them, or whose suite bears another name. */
const suiteOf: Readonly<Record<string, string | null>> = {
  "chance.ts": null,
  "clock.ts": null,
  "change-encoder.ts": null,
  "store-unavailable.ts": null,
};

export function contractProblems(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map((file) => file.path));
  const runners = files.filter((file) => /^tests\/contract\/.*\.test\.ts$/.test(file.path));
  const run = new Set(runners.flatMap(importsOf).map((it) => it.file));
  return files
    .filter((file) => /^ports\/[^/]+\.ts$/.test(file.path))
    .map((file) => file.path.slice("ports/".length))
    .filter((name) => suiteOf[name] !== null)
    .flatMap((name) => {
      const suite = `tests/contract/${suiteOf[name] ?? name}`;
      if (!known.has(suite)) return [`ports/${name} has no contract suite: write ${suite}.`];
      return run.has(suite)
        ? []
        : [`${suite} is run for no adapter: import it in tests/contract/<adapter>.test.ts.`];
    });
}

/** An adapter whose file bears a port's name implements it, so a runner of the suite must open that adapter. */
export function unprovenAdapters(files: readonly SourceFile[]): string[] {
  const ports = new Set(files.flatMap((file) => /^ports\/(.+)$/.exec(file.path)?.[1] ?? []));
  const tested = new Set(
    files
      .filter((file) => file.path.startsWith("tests/contract/"))
      .flatMap(importsOf)
      .flatMap((it) => /^adapters\/[^/]+/.exec(it.file ?? "")?.[0] ?? []),
  );
  return files
    .map((file) => /^(adapters\/[^/]+)\/(.+)$/.exec(file.path))
    .filter(
      (found) =>
        found !== null && ports.has(found[2]!) && suiteOf[found[2]!] !== null && !tested.has(found[1]!),
    )
    .map((found) => `${found![0]} passes no contract suite: open it in a test of tests/contract.`);
}
