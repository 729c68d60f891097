// What the pages show as code is run: each block marked `ts run` or `sh run`, against a real server, in the order
// of the page. A block `text` behind it is what it prints (in any order of lines: two clients may race).

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServer, type TestServer } from "#tests/server.ts";

const root = join(import.meta.dir, "../..");
const folder = join(root, ".artifacts/readme");
const shownUrl = "http://localhost:7226";

interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: "ts" | "sh";
  readonly code: string;
  readonly prints: string | null;
}

const blocks = ["README.md", "docs/guides/a-bot.md"].flatMap(blocksOf);
let server: TestServer;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  server = await startServer();
}, 30_000);
afterAll(() => server.stop(), 30_000);

for (const block of blocks) {
  test(`${block.page}, line ${block.line}: the example runs and prints what the page says`, async () => {
    const { code, out, err } = await run(block);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    if (block.prints !== null) expect(linesOf(out)).toEqual(linesOf(block.prints));
  }, 30_000);
}

test("the README has an example of the library and one of the HTTP API", () => {
  const examples = blocks.filter(({ page }) => page === "README.md");
  expect(examples.some(({ code }) => code.includes("createClient"))).toBe(true);
  expect(examples.some(({ code }) => code.includes("/v1/accounts"))).toBe(true);
});

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), "utf8");
  const pattern = /^```(ts|sh) run\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```)?/gm;
  return [...text.matchAll(pattern)].map((found) => ({
    page,
    line: text.slice(0, found.index).split("\n").length,
    language: found[1] as Block["language"],
    code: found[2]!,
    prints: found[3] ?? null,
  }));
}

async function run(block: Block): Promise<{ code: number; out: string; err: string }> {
  const file = join(
    folder,
    `${block.page.replaceAll(/\W/g, "-").toLowerCase()}-${block.line}.${block.language}`,
  );
  writeFileSync(file, block.code.replaceAll(shownUrl, server.url));
  const child = Bun.spawn(block.language === "ts" ? [process.execPath, file] : ["sh", "-eu", file], {
    cwd: root,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(late);
  return { code, out, err };
}

function linesOf(text: string): string[] {
  return text.trimEnd().split("\n").toSorted();
}
