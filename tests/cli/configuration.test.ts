// A configuration that is not right stops the start: every mistake is told at once, each with its remedy.

import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runBanyan, temporaryFolder } from "#tests/serve-process.ts";

async function refusedStart(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, err } = await runBanyan(
    ["serve", "--port", "0", "--data-dir", temporaryFolder(), ...args],
    env,
  );
  expect(code).toBe(2);
  return err;
}

function folderWith(config: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "banyan.config.json"), config);
  return folder;
}

test("wrong values of flags and environment are told together", async () => {
  const err = await refusedStart(["--drain-ms", "soon"], { BANYAN_SIGN_UP: "maybe" });
  expect(err).toContain('--drain-ms should be a whole number from 0 to 600000 (ms), not "soon".');
  expect(err).toContain('BANYAN_SIGN_UP should be one of open, invitation, closed, not "maybe".');
});

test("a file that is not JSON is named, and not taken for an empty one", async () => {
  const folder = folderWith('{ "port": 1, ');
  const err = await refusedStart(["--data-dir", folder]);
  expect(err).toContain(`${join(folder, "banyan.config.json")} is not JSON`);
  expect(err).toContain("Mend the file, or move it away");
});

test("an unknown key and a wrong value in the file are named", async () => {
  const err = await refusedStart(["--data-dir", folderWith('{ "prot": 1, "drainMs": "x", "logLevel": {} }')]);
  expect(err).toContain('unknown key "prot". Did you mean port?');
  expect(err).toContain('"drainMs" in ');
  expect(err).toContain('"logLevel" should be a text, a number, true or false.');
});

test("a secret that is not right is not repeated", async () => {
  const err = await refusedStart(["--metrics-token", "hunter2"]);
  expect(err).toContain("--metrics-token should be a token of at least 16 characters");
  expect(err).not.toContain("hunter2");
});

test("TLS files that do not fit are refused, each mistake with its remedy", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "not-a-certificate.pem");
  writeFileSync(path, "nothing");
  expect(await refusedStart(["--tls-cert", path])).toContain("--tls-cert was given without --tls-key.");
  expect(await refusedStart(["--tls-cert", path, "--tls-key", join(folder, "gone")])).toContain(
    "there is no such file",
  );
  expect(await refusedStart(["--tls-cert", path, "--tls-key", path])).toContain(
    "holds no certificate in PEM form",
  );
});

test("a data directory that is a file is refused", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "file"), "");
  const { code, err } = await runBanyan(["serve", "--port", "0", "--data-dir", join(folder, "file")]);
  expect(code).toBe(1);
  expect(err).toContain("is not a folder.");
  expect(err).toContain("Choose another place with --data-dir.");
});

test("too little disk space is refused before anything is written", async () => {
  const folder = join(temporaryFolder(), "data");
  mkdirSync(folder);
  const { code, err } = await runBanyan([
    ...["serve", "--port", "0", "--data-dir", folder],
    ...["--disk-free-mib-min", "1048576"],
  ]);
  expect(code).toBe(1);
  expect(err).toMatch(/Only \d+ MiB are free on the disk of .*; at least 1048576 MiB are needed/);
  expect(err).toContain("Free some space");
});
