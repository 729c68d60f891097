// ./banyan build-sdk: the client library as a package. One ES module that runs in browsers, Bun and Node as it is,
// its type declarations, its README. TypeScript 7 has no interface for declaration bundlers, so the declarations
// keep their folders and only the names of their imports are rewritten.

import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

const root = join(import.meta.dir, "..");
const folders = ["base", "protocol", "sdk"];

export interface BuiltSdk {
  readonly files: readonly string[];
  readonly bytes: number;
  readonly gzippedBytes: number;
}

export async function buildSdk(outDir: string): Promise<BuiltSdk> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const code = await bundle();
  await writeFile(join(outDir, "banyan.js"), code);
  await declare(join(outDir, "types"));
  await cp(join(root, "sdk/README.md"), join(outDir, "README.md"));
  await writeFile(join(outDir, "package.json"), `${JSON.stringify(await manifest(), null, 2)}\n`);
  const files = (await readdir(outDir, { recursive: true })).filter((file) => file.includes(".")).sort();
  return { files, bytes: code.length, gzippedBytes: Bun.gzipSync(new TextEncoder().encode(code)).length };
}

async function bundle(): Promise<string> {
  const built = await Bun.build({
    entrypoints: [join(root, "sdk/package/banyan.ts")],
    target: "browser",
    format: "esm",
    minify: true,
  });
  if (!built.success) throw new AggregateError(built.logs, "The library did not bundle.");
  return await built.outputs[0]!.text();
}

async function declare(typesDir: string): Promise<void> {
  const tsc = join(root, "node_modules/.bin/tsc");
  const config = join(root, "sdk/package/tsconfig.json");
  const child = Bun.spawn([process.execPath, tsc, "-p", config, "--outDir", typesDir], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, out] = await Promise.all([child.exited, new Response(child.stdout).text()]);
  if (code !== 0) throw new Error(`The declarations could not be written:\n${out}`);
  for (const file of await readdir(typesDir, { recursive: true }))
    if (file.endsWith(".d.ts")) await rewriteImports(typesDir, join(typesDir, file));
}

/** `#folder/file.ts` means something inside this house only. */
async function rewriteImports(typesDir: string, file: string): Promise<void> {
  const text = await readFile(file, "utf8");
  const rewritten = text.replace(/(["'])(#[a-z]+\/|\.{1,2}\/)([^"']+)\.ts\1/g, (_, quote, start, path) => {
    const isOurs = folders.includes(start.slice(1, -1));
    const toFolder = relative(dirname(file), join(typesDir, start.slice(1)));
    const from = isOurs ? `${toFolder.startsWith(".") ? "" : "./"}${toFolder || "."}/` : start;
    return `${quote}${from.replace(/\/\/$/, "/")}${path}.js${quote}`;
  });
  await writeFile(file, rewritten);
}

async function manifest(): Promise<object> {
  const { version, license } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  return {
    name: "banyan-sdk",
    version,
    license,
    type: "module",
    sideEffects: false,
    engines: { node: ">=20" },
    exports: { ".": { types: "./types/sdk/package/banyan.d.ts", default: "./banyan.js" } },
  };
}

if (import.meta.main) {
  const outDir = process.argv[2] ?? join(root, ".artifacts/sdk");
  const { files, bytes, gzippedBytes } = await buildSdk(outDir);
  const kib = (count: number) => `${(count / 1024).toFixed(1)} KiB`;
  console.log(`${relative(process.cwd(), outDir)}: ${files.length} files`);
  console.log(`banyan.js: ${kib(bytes)}, ${kib(gzippedBytes)} gzipped`);
}
