// The report of a load run in Chromium: it asks nothing of a network, shows a second's values under the pointer and
// the arrow keys, looks closer where somebody drags, and fits a telephone.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { reportPage } from "#bench/load/report/report-page.ts";
import { sampleRun } from "#tests/cli/sample-run.ts";
import { startChromium } from "./chromium.ts";

let folder: string;
let browser: Browser;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "banyan-report-page-"));
  writeFileSync(join(folder, "run.html"), await reportPage(sampleRun({ seconds: 120, seed: 5 })));
  browser = await startChromium();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("pointer and keys show a second's values; a drag looks closer in all plots, Escape shows all again", async () => {
  const { page, asked, wrong } = await open(1180);
  const latency = page.locator("#plot-latency .canvas");
  await latency.scrollIntoViewIfNeeded();
  await latency.hover({ position: { x: 500, y: 200 } });
  await page.getByRole("status").getByText("acknowledged, p99").waitFor();
  const crosses = await page.locator(".cross").count();
  expect(crosses).toBeGreaterThan(4);
  const ticks = () => page.locator("#plot-throughput svg text").allTextContents();
  const before = await ticks();
  const box = (await latency.boundingBox())!;
  await page.mouse.down();
  await page.mouse.move(box.x + 700, box.y + 210, { steps: 3 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Show all of the run" }).waitFor();
  expect(await ticks()).not.toEqual(before);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Show all of the run" }).waitFor({ state: "hidden" });
  expect(await ticks()).toEqual(before);
  await latency.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("status").getByText("0:01").waitFor();
  expect({ asked, wrong }).toEqual({ asked: [], wrong: [] });
  await page.close();
}, 30_000);

test("at 360 pixels nothing sticks out, and every plot has its values as a table", async () => {
  const { page } = await open(360);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  const plots = await page.locator(".plot").count();
  expect(plots).toBeGreaterThan(6);
  expect(await page.locator(".plot details table").count()).toBe(plots);
  await page.close();
}, 30_000);

async function open(width: number): Promise<{ page: Page; asked: string[]; wrong: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  const asked: string[] = [];
  const wrong: string[] = [];
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) asked.push(request.url());
  });
  page.on("pageerror", (error) => wrong.push(error.message));
  await page.goto(`file://${join(folder, "run.html")}`);
  return { page, asked, wrong };
}
