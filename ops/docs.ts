// ./banyan docs: writes the pages of docs/generated/ anew from the code. tests/house-rules fails while one is stale.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { generatedPages } from "#ops/docs/generated-pages.ts";

export function define(command: Command): void {
  command.action(writePages);
}

async function writePages(): Promise<void> {
  const folder = join(import.meta.dir, "../docs/generated");
  await mkdir(folder, { recursive: true });
  for (const page of generatedPages) {
    await Bun.write(join(folder, page.name), await page.make());
    console.log(`docs/generated/${page.name}`);
  }
}
