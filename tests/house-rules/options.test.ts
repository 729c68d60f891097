// Every option of the table is read by something; else it promises what it does not do.

import { expect, test } from "bun:test";
import { optionNames } from "#app/config/options.ts";
import { sources } from "#tests/house-rules/house.ts";

test("every option of app/config/options.ts is used", () => {
  const users = sources.filter((file) => /^(app|ops|services|adapters)\//.test(file.path));
  const code = users.filter((file) => !file.path.startsWith("app/config")).map((file) => file.codeOnly);
  const readInLoading = ["tlsCert", "tlsKey", "preset"];
  const unused = optionNames.filter((name) => !code.some((text) => new RegExp(`\\b${name}\\b`).test(text)));
  expect(unused.filter((name) => !readInLoading.includes(name))).toEqual([]);
});
