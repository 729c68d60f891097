// Types, lint and format are clean, and the generated pages are those that the code makes now.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { generatedPages, ownMakers } from "#ops/docs/generated-pages.ts";
import { paths, read, root } from "#tests/house-rules/house.ts";

const toolTimeoutMs = 120_000;

test("the types fit", () => runTool(["tsc", "--project", "."]), toolTimeoutMs);

test(
  "lint and format are clean (./banyan check --fix mends most of it)",
  () => runTool(["biome", "check", "--max-diagnostics=40", "."]),
  toolTimeoutMs,
);

for (const page of generatedPages)
  test(`docs/generated/${page.name} is what the code makes (else: ./banyan docs)`, async () => {
    expect(read(`docs/generated/${page.name}`)).toBe(await page.make());
  });

test("nothing stands in docs/generated that is not generated", () => {
  const found = paths.filter((path) => path.startsWith("docs/generated/"));
  expect(found).toEqual(
    [...generatedPages, ...ownMakers].map((page) => `docs/generated/${page.name}`).sort(),
  );
});

async function runTool([name, ...args]: [string, ...string[]]): Promise<void> {
  const command = [join(root, "node_modules/.bin", name), ...args];
  const tool = Bun.spawn(command, { cwd: root, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const output = await Promise.all([new Response(tool.stdout).text(), new Response(tool.stderr).text()]);
  if ((await tool.exited) !== 0) throw new Error(output.join("\n").slice(0, 8_000));
}
