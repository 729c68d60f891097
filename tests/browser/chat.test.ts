// Two people and their devices talk through the page, as people do: everything is checked by what stands there.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { startWithinMs } from "#tests/topology.ts";
import {
  act,
  field,
  lineOf,
  logIn,
  message,
  openConversation,
  openTown,
  pair,
  say,
  shoot,
  signUp,
  type Town,
  talkTo,
  texts,
  write,
} from "./town.ts";

let town: Town;
beforeAll(async () => {
  town = await openTown();
}, 2 * startWithinMs);
afterAll(() => town?.stop(), startWithinMs);

test("two people sign up, the first becomes owner, and they talk", async () => {
  const ada = await town.visit();
  await ada.page.goto("/");
  await ada.page.getByText("You are the first one here").waitFor();
  await signUp(ada.page, "ada", "Ada");
  await ada.page.getByText("You are the owner of this Banyan").waitFor();

  const mira = await town.visit();
  await signUp(mira.page, "mira", "Mira");
  expect(await mira.page.getByText("You are the owner").count()).toBe(0);

  await talkTo(ada.page, "Mira");
  await say(ada.page, "Good morning under the tree");
  await openConversation(mira.page, "Ada");
  await message(mira.page, "Good morning under the tree").waitFor();
  await say(mira.page, "Good morning, Ada");
  await message(ada.page, "Good morning, Ada").waitFor();
  expect(await texts(ada.page)).toEqual(["Good morning under the tree", "Good morning, Ada"]);
  expect(await texts(mira.page)).toEqual(["Good morning under the tree", "Good morning, Ada"]);
});

test("unread counts rise by each message, and end when one looks", async () => {
  const [one, other] = await pair(town, "Berta", "Carl");
  await other.page.goto("/");
  for (const text of ["one", "two", "three"]) await say(one.page, text);
  await lineOf(other.page, "Berta").getByText("3 unread").waitFor();
  await other.page.waitForFunction(() => document.title === "(1) Banyan");
  await openConversation(other.page, "Berta");
  await other.page.getByText("New messages").waitFor();
  await lineOf(other.page, "Berta").getByText("3 unread").waitFor({ state: "detached" });
  await other.page.reload();
  await message(other.page, "three").waitFor();
  await lineOf(other.page, "Berta").getByText("unread").waitFor({ state: "detached" });
});

test("a reload shows the conversation at once, while the server is silent", async () => {
  const [one, other] = await pair(town, "Dora", "Emil");
  await say(one.page, "kept on this device");
  await message(other.page, "kept on this device").waitFor();
  await keptOnDevice(other.page, "kept on this device");
  await other.page.route("**/v1/**", () => {});
  await other.page.routeWebSocket(/\/v1\/socket/, () => {});
  await other.page.reload();
  await message(other.page, "kept on this device").waitFor();
});

test("edit, delete, reaction and reply reach the other and stay", async () => {
  const [one, other] = await pair(town, "Frida", "Georg");
  await say(one.page, "a mistkae");
  await say(one.page, "a secret");
  await say(one.page, "a question");

  await act(one.page, "a mistkae", "Edit");
  await write(one.page, "a mistake");
  await act(one.page, "a secret", "Delete");
  await one.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await act(other.page, "a question", "React");
  await other.page.getByRole("button", { name: "React with 👍" }).click();
  await act(other.page, "a question", "Reply");
  await write(other.page, "an answer");

  for (const { page } of [one, other]) {
    await message(page, "a mistake").getByText("edited").waitFor();
    await page.getByText("This message was deleted.").waitFor();
    await page.getByRole("button", { name: "👍, 1" }).waitFor();
    await message(page, "an answer").getByRole("button", { name: "a question" }).waitFor();
    expect(await message(page, "a secret").count()).toBe(0);
  }
  await shoot(other.page, "edit-delete-react-reply");

  await one.page.getByRole("button", { name: "👍, 1" }).click();
  await other.page.getByRole("button", { name: "👍, 2" }).click();
  await one.page.getByRole("button", { name: "👍, 1" }).waitFor();

  await other.page.reload();
  await message(other.page, "a mistake").getByText("edited").waitFor();
  await other.page.getByText("This message was deleted.").waitFor();
  await other.page.getByRole("button", { name: "👍, 1", pressed: false }).waitFor();
});

test("who types is shown, and who has read", async () => {
  const [one, other] = await pair(town, "Hanna", "Ivo");
  await field(other.page).pressSequentially("I think");
  await one.page.getByText("Ivo is typing…").waitFor();
  await field(other.page).press("Enter");
  await message(one.page, "I think").waitFor();
  await one.page.getByText("Ivo is typing…").waitFor({ state: "detached" });
  await message(other.page, "I think").getByText("Seen").waitFor();
});

test("presence follows the other's devices", async () => {
  const [one, other] = await pair(town, "Jana", "Kurt");
  await one.page.getByText("Online", { exact: true }).waitFor();
  await other.context.close();
  await one.page.getByText(/^Last here|^@kurt/).waitFor();
});

test("HTML in a text, a name or a title is shown as text, and links give nothing away", async () => {
  const hostile = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`;
  const [one, other] = await pair(town, "Lena", "Moritz");
  await say(one.page, hostile);
  await message(other.page, "onerror").waitFor();
  expect((await texts(other.page)).at(-1)).toBe(hostile);
  await say(one.page, "see https://example.org/a?b=c. and javascript:alert(1)");
  const links = message(other.page, "see https").getByRole("link");
  await links.waitFor();
  expect(await links.count()).toBe(1);
  expect(await links.getAttribute("href")).toBe("https://example.org/a?b=c");
  expect(await links.getAttribute("rel")).toContain("noopener");
  expect(await other.page.locator("li.message img, li.message script").count()).toBe(0);
  expect(await other.page.title()).not.toBe("broken");
});

test("a further device of the same person agrees", async () => {
  const [one, other] = await pair(town, "Nora", "Otto");
  const third = await town.visit();
  await logIn(third.page, "nora");
  await openConversation(third.page, "Otto");
  await say(one.page, "from the first device");
  await say(third.page, "from the further device");
  await say(other.page, "an answer to both");
  await act(third.page, "from the first device", "Edit");
  await write(third.page, "changed on the further device");
  const expected = ["changed on the further device", "from the further device", "an answer to both"];
  for (const { page } of [one, other, third]) {
    await message(page, "changed on the further device").getByText("edited").waitFor();
    await message(page, "an answer to both").waitFor();
    expect(await texts(page)).toEqual(expected);
  }
  expect(await message(third.page, "changed on the further device").getAttribute("class")).toContain(
    "is-own",
  );
});

test("what is too long is said before it is sent, and a draft survives a reload", async () => {
  const [one] = await pair(town, "Paula", "Quirin");
  await field(one.page).fill("ä".repeat(9_000));
  await one.page.getByText("This is too long for one message").waitFor();
  expect(await one.page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
  await field(one.page).fill("half a thought");
  await one.page.reload();
  await field(one.page).waitFor();
  expect(await field(one.page).inputValue()).toBe("half a thought");
});

test("no page reported an error or met its own policy", () => {
  expect(town.problems).toEqual([]);
});

/** The client writes what it has seen a moment after it was seen. */
async function keptOnDevice(page: Page, text: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await storedConversations(page)).includes(text)) {
    if (Date.now() > deadline) throw new Error("the page kept nothing");
  }
}

function storedConversations(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const opening = indexedDB.open("banyan");
    const database = await new Promise<IDBDatabase>((opened) => {
      opening.onsuccess = () => opened(opening.result);
    });
    const reading = database.transaction("conversations").objectStore("conversations").getAll();
    const all = await new Promise((read) => {
      reading.onsuccess = () => read(reading.result);
    });
    database.close();
    return JSON.stringify(all);
  });
}
