// A server and a browser for one file of tests, and people who visit: each with a browser context of their own,
// so with cookies, storage and network of their own. What a page reports as broken fails the file at its end.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { type ServerOptions, startServer, type TestServer } from "#tests/server.ts";
import { startChromium } from "./chromium.ts";

export const password = "seven quiet herons";
const screenshots = join(import.meta.dir, "../../.artifacts/screenshots");

export interface Town {
  readonly server: TestServer;
  /** A new device: nobody is logged in on it. */
  visit(options?: BrowserContextOptions): Promise<Visitor>;
  /** Uncaught errors, and what the page's own policy refused, on any page so far. */
  readonly problems: readonly string[];
  stop(): Promise<void>;
}

export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
}

export async function openTown(options: ServerOptions = {}): Promise<Town> {
  const server = await startServer(options);
  const browser = await startChromium();
  const problems: string[] = [];
  return {
    server,
    problems,
    visit: (contextOptions) => visit(browser, server.url, problems, contextOptions),
    async stop() {
      await browser.close();
      await server.stop();
    },
  };
}

async function visit(
  browser: Browser,
  url: string,
  problems: string[],
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ baseURL: url, locale: "en-GB", ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted/.test(message.text())) problems.push(message.text());
  });
  return { context, page };
}

export async function signUp(page: Page, handle: string, displayName: string, address = "/"): Promise<void> {
  await page.goto(address);
  const toSignUp = page.getByRole("button", { name: "New here? Make an account" });
  const nameField = page.getByLabel("Name that others see");
  await toSignUp.or(nameField).waitFor();
  if (await toSignUp.isVisible()) await toSignUp.click();
  await page.getByLabel("Handle").fill(handle);
  await nameField.fill(displayName);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Make my account" }).click();
  await page.getByRole("navigation", { name: "Conversations" }).waitFor();
}

export async function logIn(page: Page, handle: string, secret = password): Promise<void> {
  await page.goto("/");
  await page.getByLabel("Handle").fill(handle);
  await page.getByLabel("Password").fill(secret);
  await page.getByRole("button", { name: "Log in" }).click();
}

/** Begins (or opens again) the conversation with one person and waits until one can write. */
export async function talkTo(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "New conversation" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Search people").fill(name);
  await dialog.getByRole("button", { name }).click();
  await dialog.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

export async function openConversation(page: Page, title: string): Promise<void> {
  await lineOf(page, title).click();
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
}

export function lineOf(page: Page, title: string) {
  const lines = page.getByRole("navigation", { name: "Conversations" }).getByRole("link");
  return lines.filter({ has: page.locator(".rail-name").getByText(title, { exact: true }) });
}

export function field(page: Page) {
  return page.getByPlaceholder("Write a message");
}

/** Writes and presses Enter; does not wait for the server. */
export async function write(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

export async function say(page: Page, text: string): Promise<void> {
  await write(page, text);
  await message(page, text).getByLabel("Sent", { exact: true }).waitFor();
}

export function message(page: Page, text: string) {
  return page.locator("li.message").filter({ has: page.locator(".bubble > p", { hasText: text }) });
}

/** What stands in the list of messages, from old to new, without times and marks. */
export async function texts(page: Page): Promise<string[]> {
  return page.locator("li.message .bubble > p").allTextContents();
}

/** As people do: when the line moved away under the pointer, one follows it and tries again. */
export async function act(page: Page, text: string, action: "React" | "Reply" | "Edit" | "Delete") {
  for (let tries = 1; ; tries++) {
    await message(page, text).hover();
    const button = message(page, text).getByRole("button", { name: action, exact: true });
    const missed = await button.click({ timeout: 2_000 }).then(
      () => null,
      (error) => error,
    );
    if (missed === null) return;
    if (tries === 5) throw missed;
  }
}

/** Two people in a direct conversation, each on a device of their own. */
export async function pair(town: Town, one: string, other: string): Promise<[Visitor, Visitor]> {
  const visitors = [await town.visit(), await town.visit()] as [Visitor, Visitor];
  await signUp(visitors[0].page, one.toLowerCase(), one);
  await signUp(visitors[1].page, other.toLowerCase(), other);
  await talkTo(visitors[0].page, other);
  await openConversation(visitors[1].page, one);
  return visitors;
}

export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
}
