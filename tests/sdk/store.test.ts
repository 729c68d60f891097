// Both stores keep the same contract: memory here, IndexedDB in a real browser.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { createMemoryStore } from "#sdk/store-memory.ts";
import { startChromium } from "#tests/browser/chromium.ts";
import { storeContract } from "./store-contract.ts";

const titles = Object.keys(storeContract);

describe("in memory", () => {
  test.each(titles)("%s", async (title) => {
    const store = createMemoryStore();
    await storeContract[title]!(store, () => store);
  });
});

describe("in IndexedDB", () => {
  let browser: Browser;
  let page: Page;
  let server: ReturnType<typeof Bun.serve>;

  beforeAll(async () => {
    const built = await Bun.build({ entrypoints: [join(import.meta.dir, "store-contract-page.ts")] });
    const script = await built.outputs[0]!.text();
    server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () =>
        new Response("<!doctype html><title>stores</title>", { headers: { "content-type": "text/html" } }),
    });
    browser = await startChromium();
    page = await browser.newPage();
    await page.goto(server.url.href);
    await page.addScriptTag({ content: script, type: "module" });
    await page.waitForFunction("globalThis.runContract");
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop(true);
  });

  test.each(titles)("%s", async (title) => {
    expect(await page.evaluate(`runContract(${JSON.stringify(title)})`)).toBe("kept");
  });
});
