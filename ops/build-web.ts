// ./banyan build-web: the web client as files, for those who serve it from elsewhere. `serve` needs no build.

import { join } from "node:path";
import type { Command } from "commander";
import { buildWebFiles } from "#app/web-assets.ts";
import { artifacts, root } from "#ops/root.ts";

export function define(command: Command): void {
  command.option("--out <folder>", "Where to write the files.", join(artifacts, "web"));
  command.action(({ out }: { out: string }) => build(out));
}

async function build(folder: string): Promise<void> {
  for (const file of await buildWebFiles(root)) {
    await Bun.write(join(folder, file.path), file.body);
    console.log(`${file.path}  ${file.body.length} bytes, ${file.gzip.length} compressed`);
  }
}
