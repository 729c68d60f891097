// Groups and channels: making, joining, roles, leaving; and a long history that one scrolls through.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { createClient } from "#sdk/client.ts";
import { startWithinMs } from "#tests/topology.ts";
import {
  act,
  lineOf,
  message,
  openConversation,
  openTown,
  password,
  say,
  signUp,
  type Town,
  type Visitor,
  write,
} from "./town.ts";

let town: Town;
let ada: Visitor;
let ben: Visitor;
let cleo: Visitor;
beforeAll(async () => {
  town = await openTown({ args: ["--commands-per-second", "10000", "--commands-burst", "10000"] });
  [ada, ben, cleo] = [await town.visit(), await town.visit(), await town.visit()];
  await signUp(ada.page, "ada", "Ada");
  await signUp(ben.page, "ben", "Ben");
  await signUp(cleo.page, "cleo", "Cleo");
}, 2 * startWithinMs);
afterAll(() => town?.stop(), startWithinMs);

test("a group: made, renamed, roles given, somebody removed, the last one leaves", async () => {
  await makeRoom(ada.page, "Group", "Gardeners", ["Ben", "Cleo"]);
  await openConversation(ben.page, "Gardeners");
  await openConversation(cleo.page, "Gardeners");
  await say(cleo.page, "tomatoes?");
  await message(ada.page, "tomatoes?").getByText("Cleo").waitFor();
  await message(ben.page, "tomatoes?").waitFor();

  await openPeople(ada.page);
  await ada.page.getByLabel("Title").fill("Night gardeners");
  await ada.page.getByRole("button", { name: "Rename" }).click();
  for (const { page } of [ada, ben, cleo])
    await page.getByRole("heading", { level: 1, name: "Night gardeners" }).waitFor();

  await ada.page.getByLabel("Role of Ben").selectOption("owner");
  await openPeople(ben.page);
  await ben.page.getByLabel("Role of Cleo").waitFor();
  await ada.page.getByRole("button", { name: "Remove Cleo" }).click();
  await lineOf(cleo.page, "Night gardeners").waitFor({ state: "detached" });
  await cleo.page.getByRole("heading", { level: 1 }).waitFor({ state: "detached" });

  await ada.page.getByRole("button", { name: "Leave Night gardeners" }).click();
  await ada.page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
  await lineOf(ada.page, "Night gardeners").waitFor({ state: "detached" });
  await ben.page.getByText("1 person").waitFor();

  await ben.page.getByRole("button", { name: "Add people" }).click();
  await ben.page.getByLabel("Search people").fill("cleo");
  await ben.page.getByRole("button", { name: "Cleo" }).click();
  await ben.page.getByRole("button", { name: "Add", exact: true }).click();
  await openConversation(cleo.page, "Night gardeners");
  await message(cleo.page, "tomatoes?").waitFor();
});

test("a channel is found, joined and left by oneself", async () => {
  await makeRoom(ada.page, "Channel", "Announcements", []);
  await say(ada.page, "the well is repaired");
  await ben.page.getByRole("button", { name: "Browse channels" }).click();
  await ben.page.getByRole("dialog").getByLabel("Search channels").fill("announce");
  await ben.page.getByRole("button", { name: "Join Announcements" }).click();
  await message(ben.page, "the well is repaired").waitFor();
  await say(ben.page, "thank you");
  await message(ada.page, "thank you").getByText("Ben").waitFor();
  await openPeople(ben.page);
  expect(await ben.page.getByLabel("Title").count()).toBe(0);
  await ben.page.getByRole("button", { name: "Leave Announcements" }).click();
  await ben.page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
  await lineOf(ben.page, "Announcements").waitFor({ state: "detached" });
});

test("a long history scrolls back to its beginning and jumps to the newest, in a page of bounded size", async () => {
  await makeRoom(cleo.page, "Group", "Long talk", ["Ada"]);
  const count = 450;
  await sayAtLength("cleo", "Long talk", count);
  await message(cleo.page, `line ${count} of`).waitFor();

  await openConversation(ada.page, "Long talk");
  await ada.page.getByText("New messages").waitFor();
  await ada.page.reload();
  await ada.page.getByText("line ").first().waitFor();
  const list = ada.page.locator(".messages");
  const first = message(ada.page, "line 1 of");
  await scrollUntil(ada.page, "up", async () => (await first.count()) === 1);
  expect(await ada.page.locator("li.message").count()).toBeLessThanOrEqual(2_000);
  await list.evaluate((element) => element.scrollTo(0, 0));
  await act(ada.page, "line 1 of", "Reply");
  await write(ada.page, "I remember this");
  await message(ada.page, "I remember this").getByLabel("Sent", { exact: true }).waitFor();

  await say(cleo.page, "and one more");
  await message(ada.page, "and one more").waitFor();
  const isAtEnd = await list.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight < 60);
  expect(isAtEnd).toBe(true);
}, 120_000);

test("reading older messages, one's place stays while new ones come", async () => {
  await openConversation(ada.page, "Long talk");
  await message(ada.page, "and one more").waitFor();
  await ada.page.locator(".messages").evaluate((element) => element.scrollBy(0, -1_500));
  await ada.page.getByRole("button", { name: "Jump to newest" }).waitFor();
  const topLine = () =>
    ada.page.locator(".messages").evaluate((list) => {
      const top = list.getBoundingClientRect().top;
      const rows = [...list.querySelectorAll("li.message")];
      const row = rows.find((candidate) => candidate.getBoundingClientRect().bottom > top + 4)!;
      return `${row.querySelector(".bubble p")?.textContent} at ${Math.round(row.getBoundingClientRect().top - top)}`;
    });
  const before = await topLine();
  await say(cleo.page, "you will not notice this");
  await lineOf(ada.page, "Long talk").getByText("you will not notice this").waitFor();
  expect(await topLine()).toBe(before);
});

test("no page reported an error or met its own policy", () => {
  expect(town.problems).toEqual([]);
});

async function makeRoom(page: Page, kind: "Group" | "Channel", title: string, people: readonly string[]) {
  await page.getByRole("button", { name: "New conversation" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: kind, exact: true }).click();
  await dialog.getByLabel("Title").fill(title);
  for (const name of people) {
    await dialog.getByLabel("Search people").fill(name);
    await dialog.getByRole("list").getByRole("button", { name }).click();
  }
  await dialog.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
}

/** Through the client library: what a person says in weeks is written in a moment. */
async function sayAtLength(handle: string, title: string, count: number): Promise<void> {
  const client = createClient({ url: town.server.url, auth: "token" });
  const inside = await client.account.logIn({ handle, password });
  if (!inside.ok) throw new Error(inside.refusal.message);
  const isListed = new Promise<void>((listed) => {
    client.on("conversations", () => client.conversations.list.some((it) => it.title === title) && listed());
  });
  await client.start();
  await isListed;
  const view = client.conversation(client.conversations.list.find((it) => it.title === title)!.id);
  const named = [];
  for (let i = 1; i <= count; i++) named.push(await view.send(`line ${i} of the talk`));
  for (const name of named) if (name.ok) await view.sent(name.value);
  view.close();
  await client.stop();
}

async function openPeople(page: Page): Promise<void> {
  await page.getByRole("button", { name: "People", exact: true }).click();
  await page.getByRole("list", { name: "Members" }).getByRole("listitem").first().waitFor();
}

/** Turns the wheel and waits for the page to have loaded what it then wants, until `isThere`. */
async function scrollUntil(page: Page, way: "up" | "down", isThere: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 100 && !(await isThere()); turn++) {
    await page
      .locator(".messages")
      .evaluate((list, up) => list.scrollBy(0, up ? -4_000 : 4_000), way === "up");
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    await page.locator(".messages[aria-busy=false]").waitFor();
  }
  expect(await isThere()).toBe(true);
}
