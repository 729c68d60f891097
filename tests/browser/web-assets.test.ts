// The web client as files: what the server sends, and what the page is allowed to do.

import { expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWebFiles, openWebAssets, packWebFiles } from "#app/web-assets.ts";

const root = join(import.meta.dir, "../..");

test("the page asks anew each time, allows nothing but its own files, and names only files that exist", async () => {
  const assets = openWebAssets({ root });
  const page = await assets.fetch("/", new Headers())!;
  expect(page.headers.get("cache-control")).toBe("no-cache");
  const policy = page.headers.get("content-security-policy")!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  const named = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map((found) => found[1]!);
  expect(named.length).toBeGreaterThanOrEqual(3);
  for (const path of named) {
    const file = await assets.fetch(path, new Headers())!;
    expect(file.status).toBe(200);
    expect(file.headers.get("cache-control")).toContain("immutable");
    expect(file.headers.get("x-content-type-options")).toBe("nosniff");
  }
});

test("files are packed for who takes gzip, and not sent again to who has them", async () => {
  const assets = openWebAssets({ root });
  const plain = await assets.fetch("/", new Headers())!;
  const packed = await assets.fetch("/", new Headers({ "accept-encoding": "br, gzip" }))!;
  expect(plain.headers.get("content-encoding")).toBe(null);
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  const unpacked = Bun.gunzipSync(new Uint8Array(await packed.arrayBuffer()));
  expect(new TextDecoder().decode(unpacked)).toBe(await plain.text());
  const known = new Headers({ "if-none-match": plain.headers.get("etag")! });
  expect((await assets.fetch("/", known)!).status).toBe(304);
});

test("what is not the client's is left to others, and a file that does not exist is not found", async () => {
  const assets = openWebAssets({ root });
  expect(assets.fetch("/v1/me", new Headers())).toBe(null);
  expect(assets.fetch("/health/live", new Headers())).toBe(null);
  expect((await assets.fetch("/assets/../package.json", new Headers())!).status).toBe(404);
  expect((await assets.fetch("/assets/none.js", new Headers())!).status).toBe(404);
});

test("an executable without sources serves what it carries", async () => {
  const files = await buildWebFiles(root);
  const assets = openWebAssets({ root: "/does/not/exist", embedded: packWebFiles(files) });
  for (const { path, body } of files) {
    const answer = await assets.fetch(path, new Headers())!;
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(body);
  }
});

test("a changed source is built anew, an unchanged one is not", async () => {
  const copy = mkdtempSync(join(tmpdir(), "banyan-web-"));
  try {
    for (const folder of ["web", "sdk", "protocol", "base"])
      cpSync(join(root, folder), join(copy, folder), { recursive: true });
    for (const file of ["package.json", "package-lock.json", "tsconfig.json"])
      cpSync(join(root, file), join(copy, file));
    cpSync(join(root, "app/web-assets.ts"), join(copy, "app/web-assets.ts"));
    await Bun.$`mkdir ${join(copy, "node_modules")}`.quiet();
    for (const name of ["preact", "@preact", "fflate", "idb"])
      symlinkSync(join(root, "node_modules", name), join(copy, "node_modules", name));
    const page = async () =>
      (await openWebAssets({ root: copy }).fetch("/", new Headers())!).headers.get("etag");
    const before = await page();
    expect(await page()).toBe(before);
    const style = join(copy, "web/shell/theme.css");
    await Bun.write(style, `${await Bun.file(style).text()}\nbody { letter-spacing: 1px; }\n`);
    expect(await page()).not.toBe(before);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
