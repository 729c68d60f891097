// Who gets in and who does not, and what one is told.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { lineOf, logIn, message, openTown, pair, password, say, signUp, type Town } from "./town.ts";

let town: Town;
let walled: Town;
beforeAll(async () => {
  town = await openTown({ args: ["--log-ins-per-minute", "3"] });
  walled = await openTown({ args: ["--sign-up", "invitation"] });
}, 60_000);
afterAll(async () => {
  await town?.stop();
  await walled?.stop();
}, 60_000);

test("a weak password and a taken handle are refused with a way out", async () => {
  const { page } = await walled.visit();
  await page.goto("/");
  await page.getByLabel("Handle").fill("keeper");
  await page.getByLabel("Password").fill("1234");
  await page.getByRole("button", { name: "Make my account" }).click();
  await page.getByText(/A password has at least/).waitFor();
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Make my account" }).click();
  await page.getByText("You are the owner of this Banyan").waitFor();

  const invitation = await invite(page);
  const guest = await walled.visit();
  await guest.page.goto(invitation);
  await guest.page.getByText("You have been invited").waitFor();
  await guest.page.getByLabel("Handle").fill("keeper");
  await guest.page.getByLabel("Password").fill(password);
  await guest.page.getByRole("button", { name: "Make my account" }).click();
  await guest.page.getByText("This handle is taken.").waitFor();
});

test("where one needs an invitation, its link lets in once, and nothing else does", async () => {
  const owner = await walled.visit();
  await logIn(owner.page, "keeper");
  const invitation = await invite(owner.page);

  const stranger = await walled.visit();
  await stranger.page.goto("/");
  await stranger.page.getByText("Ask for an invitation link").waitFor();
  expect(await stranger.page.getByRole("button", { name: "New here?" }).count()).toBe(0);

  const guest = await walled.visit();
  await signUp(guest.page, "guest", "Guest", invitation);
  expect(guest.page.url()).not.toContain("invite");

  await stranger.page.goto(invitation);
  await stranger.page.reload();
  await stranger.page.getByLabel("Handle").fill("late");
  await stranger.page.getByLabel("Password").fill(password);
  await stranger.page.getByRole("button", { name: "Make my account" }).click();
  await stranger.page.getByText("This invitation is used up or too old.").waitFor();
});

test("where nobody new is let in, the page says so", async () => {
  const closed = await openTown({ args: ["--sign-up", "closed"] });
  try {
    const owner = await closed.visit();
    await signUp(owner.page, "owner", "Owner");
    const stranger = await closed.visit();
    await stranger.page.goto("/");
    await stranger.page.getByText("No new accounts are made here").waitFor();
    expect(await stranger.page.getByLabel("Name that others see").count()).toBe(0);
    await stranger.page.getByRole("button", { name: "Log in" }).waitFor();
  } finally {
    await closed.stop();
  }
});

test("logging out leaves nothing behind for the next person at this browser", async () => {
  const [one] = await pair(town, "Bella", "Conny");
  await say(one.page, "only for our eyes");
  await one.page.getByRole("button", { name: "Settings" }).click();
  await one.page.getByRole("button", { name: "Log out", exact: true }).click();
  await one.page.getByRole("button", { name: "Log in" }).waitFor();
  await one.page.reload();
  await one.page.getByRole("button", { name: "Log in" }).waitFor();
  expect(await message(one.page, "only for our eyes").count()).toBe(0);
  expect(await one.context.cookies()).toEqual([]);

  await logIn(one.page, "conny");
  await lineOf(one.page, "Bella").waitFor();
  expect(await lineOf(one.page, "Conny").count()).toBe(0);
});

test("a device that is revoked elsewhere is out at once", async () => {
  const first = await town.visit();
  await signUp(first.page, "dagmar", "Dagmar");
  const second = await town.visit();
  await logIn(second.page, "dagmar");
  await second.page.getByRole("navigation", { name: "Conversations" }).waitFor();
  await first.page.getByRole("button", { name: "Settings" }).click();
  const devices = first.page.getByRole("list", { name: "Devices" });
  await devices.getByRole("listitem").nth(1).waitFor();
  expect(await devices.getByText("This device").count()).toBe(1);
  await devices.getByRole("button", { name: /^Log out/ }).click();
  await second.page.getByText("You were logged out on this device.").waitFor();
  await first.page.waitForFunction(
    () => document.querySelectorAll('ul[aria-label="Devices"] > li').length === 1,
  );
});

// The last one: afterwards this address has to wait for a minute.
test("a wrong password is said plainly, and too many tries as well", async () => {
  const { page } = await town.visit();
  await signUp(page, "anton", "Anton");
  const stranger = await town.visit();
  await logIn(stranger.page, "anton", "not the password");
  await stranger.page.getByText("That handle and password do not belong together.").waitFor();
  const tryAgain = async () => {
    await stranger.page.getByLabel("Password").fill("still not the password");
    await stranger.page.getByRole("button", { name: "Log in" }).click();
    await stranger.page.getByRole("button", { name: "Log in", disabled: false }).waitFor();
  };
  const limited = stranger.page.getByText("Too many tries.");
  for (let i = 0; i < 8 && !(await limited.isVisible()); i++) await tryAgain();
  await limited.waitFor();
});

test("no page reported an error or met its own policy", () => {
  expect([...town.problems, ...walled.problems]).toEqual([]);
});

async function invite(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Make an invitation link" }).click();
  const link = await page.getByLabel("Link for one person").inputValue();
  expect(link).toMatch(/^http:\/\/[^/]+\/#invite=[\w-]+$/);
  return link;
}
