// ./banyan check: types, lint, format and the rules of the house; the same tests that `./banyan test` begins with.

import { join } from "node:path";
import type { Command } from "commander";
import { bun, root } from "#ops/root.ts";

export function define(command: Command): void {
  command.option("--fix", "First mend format and lint where the tool can.");
  command.action(({ fix }: { fix?: boolean }) => check(fix === true));
}

async function check(fix: boolean): Promise<void> {
  if (fix) await run([join(root, "node_modules/.bin/biome"), "check", "--write", "."]);
  process.exitCode = await run([bun, "test", "--timeout=120000", "./tests/house-rules"]);
}

function run(command: string[]): Promise<number> {
  return Bun.spawn(command, { cwd: root, stdout: "inherit", stderr: "inherit" }).exited;
}
