// How it looks: pictures for people (in .artifacts/screenshots), and what can be measured in them: nothing sticks
// out at 360 pixels, both colour schemes differ, and everything can be done with the keyboard alone.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import {
  act,
  field,
  lineOf,
  logIn,
  message,
  openConversation,
  openTown,
  say,
  shoot,
  signUp,
  type Town,
  talkTo,
  type Visitor,
  write,
} from "./town.ts";

let town: Town;
let ada: Visitor;
let jonas: Visitor;
beforeAll(async () => {
  town = await openTown();
  ada = await town.visit({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2 });
  await shootDoor(ada.page);
  await tellStory();
}, 120_000);
afterAll(() => town?.stop(), 60_000);

test("a wide screen, light and dark", async () => {
  const { page } = ada;
  await openConversation(page, "Under the tree");
  await message(page, "I can bring the lamp").waitFor();
  await seenTyping(jonas.page, page, "Jonas Weber");
  await shoot(page, "wide-light");
  const light = await backgroundOf(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot(page, "wide-dark");
  expect(await backgroundOf(page)).not.toBe(light);
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("button", { name: "People", exact: true }).click();
  await page.getByRole("list", { name: "Members" }).getByText("Mira Okafor").waitFor();
  await shoot(page, "people");
  await page.keyboard.press("Escape");
  await page.getByRole("list", { name: "Members" }).waitFor({ state: "detached" });
});

test("at 360 pixels everything fits and can be reached", async () => {
  const { page } = ada;
  await page.setViewportSize({ width: 360, height: 740 });
  await openWithBack(page);
  await expectNothingSticksOut(page);
  await shoot(page, "narrow-list");
  await lineOf(page, "Under the tree").click();
  await message(page, "I can bring the lamp").waitFor();
  await expectNothingSticksOut(page);
  await shoot(page, "narrow-conversation");
  await page.getByRole("button", { name: "People", exact: true }).click();
  await page.getByRole("list", { name: "Members" }).getByText("Mira Okafor").waitFor();
  await expectNothingSticksOut(page);
  await shoot(page, "narrow-people");
  await page.getByRole("button", { name: "Close" }).click();
  await openWithBack(page);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("list", { name: "Devices" }).getByText("This device").waitFor();
  await expectNothingSticksOut(page);
  await shoot(page, "narrow-settings");
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "New conversation" }).first().click();
  await page.getByRole("dialog").getByText("Mira Okafor").waitFor();
  await expectNothingSticksOut(page);
  await shoot(page, "narrow-new");
  await page.keyboard.press("Escape");
  await page.setViewportSize({ width: 1280, height: 800 });
});

test("on a phone a tap shows what one can do with a message", async () => {
  const { page } = await town.visit({
    viewport: { width: 390, height: 800 },
    hasTouch: true,
    isMobile: true,
  });
  await logIn(page, "mira");
  await lineOf(page, "Under the tree").tap();
  await message(page, "Count me in").getByText("The way").tap();
  await page.getByRole("button", { name: "React", exact: true }).tap();
  await shoot(page, "phone-picker");
  await page.getByRole("button", { name: "React with 🎉" }).tap();
  await page.getByRole("button", { name: "🎉, 1" }).waitFor();
});

test("with the keyboard alone one begins a conversation, writes, and answers a message", async () => {
  const { page } = ada;
  await page.getByRole("button", { name: "New conversation" }).first().focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Search people").focus();
  await page.keyboard.type("jonas");
  await page.getByRole("dialog").getByRole("button", { name: "Jonas Weber" }).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Mira" }).waitFor({ state: "detached" });
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await tabUntil(page, "Begin");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Jonas Weber" }).waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await page.keyboard.type("written blind");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("in two lines");
  await page.keyboard.press("Enter");
  await message(page, "written blind").getByLabel("Sent", { exact: true }).waitFor();
  expect(await message(page, "written blind").locator("p").last().textContent()).toContain("blind\nin two");

  await page.keyboard.press("ArrowUp");
  await page.getByText("Editing", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+Tab");
  await page.waitForFunction(() => document.activeElement?.closest("li.message") !== null);
  await page.getByRole("button", { name: "Reply" }).waitFor();
});

test("new messages are said to who listens, and the focus stays where one writes", async () => {
  await openConversation(jonas.page, "Ada Lovelace");
  await openConversation(ada.page, "Jonas Weber");
  await field(ada.page).focus();
  await say(jonas.page, "can you hear me?");
  await ada.page.locator("[aria-live=polite]").getByText("can you hear me?").waitFor();
  expect(await ada.page.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
});

test("no page reported an error or met its own policy", () => {
  expect(town.problems).toEqual([]);
});

async function shootDoor(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByText("You are the first one here").waitFor();
  await shoot(page, "first-account");
  await signUp(page, "ada", "Ada Lovelace");
  await page.getByText("You are the owner").waitFor();
  await shoot(page, "empty");
}

async function tellStory(): Promise<void> {
  const mira = await town.visit();
  jonas = await town.visit();
  await signUp(mira.page, "mira", "Mira Okafor");
  await signUp(jonas.page, "jonas", "Jonas Weber");
  await makeRoom(jonas.page, "Channel", "Announcements", ["Ada Lovelace"]);
  await say(jonas.page, "The well is repaired, thanks to all who helped.");
  await say(jonas.page, "The library is open late on Friday.");
  await makeRoom(ada.page, "Group", "Under the tree", ["Mira Okafor", "Jonas Weber"], "new-group");
  await openConversation(mira.page, "Under the tree");
  await openConversation(jonas.page, "Under the tree");
  await say(mira.page, "Good morning! The tree on the square is in leaf again.");
  await say(mira.page, "Shall we meet under it on Thursday?");
  await message(ada.page, "on Thursday?").waitFor();
  await say(ada.page, "Gladly. Six o'clock? I can bring the lamp and something to sit on.");
  await message(jonas.page, "bring the lamp").waitFor();
  await say(
    jonas.page,
    "Count me in 🌿 The way: https://example.org/map?place=banyan (the gate by the river).",
  );
  await message(ada.page, "Count me in").waitFor();
  await act(ada.page, "Count me in", "React");
  await ada.page.getByRole("button", { name: "React with 👍" }).click();
  await act(mira.page, "Count me in", "React");
  await mira.page.getByRole("button", { name: "React with 👍" }).click();
  await act(mira.page, "bring the lamp", "Reply");
  await write(mira.page, "Six is perfect. I bring tea.");
  await message(ada.page, "Six is perfect").waitFor();
  await say(ada.page, "See you all on Thursday!");
  await message(mira.page, "See you all").waitFor();
  await talkTo(mira.page, "Ada Lovelace");
  await say(mira.page, "Did you see the new leaves?");
  await lineOf(ada.page, "Mira Okafor").getByText("1 unread").waitFor();
}

async function makeRoom(
  page: Page,
  kind: "Group" | "Channel",
  title: string,
  people: readonly string[],
  picture?: string,
): Promise<void> {
  await page.getByRole("button", { name: "New conversation" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: kind, exact: true }).click();
  await dialog.getByLabel("Title").fill(title);
  for (const name of people) await dialog.getByRole("button", { name }).click();
  if (picture) await shoot(page, picture);
  await dialog.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
}

async function openWithBack(page: Page): Promise<void> {
  const back = page.getByRole("button", { name: "Back to the conversations" });
  if (await back.isVisible()) await back.click();
  await lineOf(page, "Under the tree").waitFor();
}

async function expectNothingSticksOut(page: Page): Promise<void> {
  const sticksOut = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const seen = [...document.querySelectorAll<HTMLElement>("#banyan *")].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 1 && box.height > 1 && (box.right > width + 1 || box.left < -1);
    });
    return seen.map((element) => `${element.tagName}.${element.className}`);
  });
  expect(sticksOut).toEqual([]);
}

function backgroundOf(page: Page): Promise<string> {
  return page.evaluate(() => getComputedStyle(document.body).backgroundColor);
}

async function tabUntil(page: Page, name: string): Promise<void> {
  const label = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  for (let i = 0; i < 20 && (await label()) !== name; i++) await page.keyboard.press("Tab");
  expect(await label()).toBe(name);
}

/** Typing is told at most every few seconds, and only to who looks just then: whoever types goes on. */
async function seenTyping(typing: Page, looking: Page, name: string): Promise<void> {
  const words = looking.getByText(`${name} is typing`);
  for (let tries = 1; tries <= 5 && !(await words.isVisible()); tries++) {
    await field(typing).press("m");
    await words.waitFor({ timeout: 3_200 }).catch(() => {});
  }
  await words.waitFor();
}
