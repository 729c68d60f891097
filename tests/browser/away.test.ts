// The network goes and comes, the server dies and comes back: nothing is lost, nothing stands twice.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { startWithinMs } from "#tests/topology.ts";
import { message, openTown, pair, say, shoot, type Town, texts, write } from "./town.ts";

let town: Town;
beforeAll(async () => {
  town = await openTown();
}, 2 * startWithinMs);
afterAll(() => town?.stop(), startWithinMs);

test("who is offline writes on; back again, both see everything once", async () => {
  const [one, other] = await pair(town, "Rosa", "Sven");
  await say(one.page, "before");
  await message(other.page, "before").waitFor();

  await one.context.setOffline(true);
  await one.page.getByText("You are offline").waitFor();
  for (const text of ["kept 1", "kept 2", "kept 3"]) await write(one.page, text);
  for (const text of ["said 1", "said 2"]) await say(other.page, text);
  await message(one.page, "kept 3").getByLabel("Sending").waitFor();
  expect(await message(other.page, "kept 1").count()).toBe(0);
  await shoot(one.page, "offline");

  await one.context.setOffline(false);
  await message(one.page, "kept 3").getByLabel("Sent", { exact: true }).waitFor();
  await message(other.page, "kept 3").waitFor();
  await message(one.page, "said 2").waitFor();
  const expected = ["before", "said 1", "said 2", "kept 1", "kept 2", "kept 3"];
  expect(await texts(one.page)).toEqual(expected);
  expect(await texts(other.page)).toEqual(expected);
});

test("what was written offline survives a reload of the page", async () => {
  const [one, other] = await pair(town, "Theo", "Ulla");
  await say(one.page, "before");
  await one.page.routeWebSocket(/\/v1\/socket/, (socket) => socket.close());
  await one.page.reload();
  await message(one.page, "before").waitFor();
  await write(one.page, "not yet sent");
  await message(one.page, "not yet sent").getByLabel("Sending").waitFor();

  const again = await one.context.newPage();
  await one.page.close();
  await again.goto(one.page.url());
  await message(again, "not yet sent").getByLabel("Sent", { exact: true }).waitFor();
  await message(other.page, "not yet sent").waitFor();
  expect(await texts(other.page)).toEqual(["before", "not yet sent"]);
  expect(await texts(again)).toEqual(["before", "not yet sent"]);
});

for (const ending of ["stopped in order", "killed"] as const) {
  test(
    `a server that was ${ending} comes back: nothing lost, nothing doubled`,
    async () => {
      const [one, other] = await pair(
        town,
        ending === "killed" ? "Vera" : "Xenia",
        ending === "killed" ? "Wim" : "Yves",
      );
      await say(one.page, "before");
      if (ending === "killed") await town.server.kill();
      else await town.server.halt();
      await awayWords(one.page).waitFor();
      await write(one.page, "written meanwhile");
      await write(other.page, "written as well");
      await town.server.restart();

      for (const { page } of [one, other]) {
        await message(page, "written meanwhile").waitFor();
        await message(page, "written as well").waitFor();
      }
      await message(one.page, "written meanwhile").getByLabel("Sent", { exact: true }).waitFor();
      await message(other.page, "written as well").getByLabel("Sent", { exact: true }).waitFor();
      await say(one.page, "after");
      await message(other.page, "after").waitFor();

      const seen = await texts(one.page);
      expect(seen).toEqual(await texts(other.page));
      expect([...seen].sort()).toEqual(["after", "before", "written as well", "written meanwhile"]);
      await awayWords(one.page).waitFor({ state: "detached" });
    },
    2 * startWithinMs,
  );
}

test("no page reported an error or met its own policy", () => {
  expect(town.problems).toEqual([]);
});

function awayWords(page: Page) {
  return page.getByRole("status").getByText(/No connection|restarting|Connecting/);
}
