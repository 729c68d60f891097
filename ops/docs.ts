// ./banyan docs: writes the pages of docs/generated/ anew from the code. tests/house-rules fails while one is stale;
// pages with a maker of their own have a test of their own beside it.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { generatedPages, ownMakers } from "#ops/docs/generated-pages.ts";
import { bun, root } from "#ops/root.ts";
import { writeProtocolDocs } from "#protocol/generate.ts";

export function define(command: Command): void {
  command.action(writePages);
}

async function writePages(): Promise<void> {
  const folder = join(root, "docs/generated");
  await mkdir(folder, { recursive: true });
  for (const page of generatedPages) {
    await Bun.write(join(folder, page.name), await page.make());
    console.log(`docs/generated/${page.name}`);
  }
  await writeProtocolDocs();
  console.log("protocol/SPEC.md, its tables");
  for (const maker of ownMakers) {
    const exitCode = await Bun.spawn([bun, maker.script], { cwd: root, stdout: "inherit", stderr: "inherit" })
      .exited;
    if (exitCode !== 0) throw new Error(`${maker.script} failed`);
    console.log(`docs/generated/${maker.name}`);
  }
}
