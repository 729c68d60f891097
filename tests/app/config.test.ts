// Where the configuration's values come from, in which order, and what nobody may change.

import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { flagOf, optionNames, variableOf } from "#app/config/options.ts";
import { ConfigurationError, loadConfig } from "#app/config.ts";
import { temporaryFolder } from "#tests/serve-process.ts";

const load = (flags: Record<string, string>, environment: Record<string, string> = {}) =>
  loadConfig({ flags, environment, nowMs: Date.UTC(2026, 0, 1) });

test("a flag goes before the environment, that before the file, that before the preset's default", () => {
  const dataDir = temporaryFolder();
  const file = {
    port: 1001,
    drainMs: 1002,
    signUp: "closed",
    metrics: false,
    trustedProxies: ["10.0.0.0/8"],
  };
  writeFileSync(join(dataDir, "banyan.config.json"), JSON.stringify(file));
  const environment = { BANYAN_DATA_DIR: dataDir, BANYAN_PORT: "2001", BANYAN_DRAIN_MS: "2002" };
  const config = load({ port: "3001" }, environment);
  expect([config.port, config.drainMs, config.signUp, config.metrics]).toEqual([3001, 2002, "closed", false]);
  expect(config.trustedProxies).toEqual(["10.0.0.0/8"]);
  expect(config.logLevel).toBe("info");
  expect(config.dataDir).toBe(dataDir);
});

test("the preset `test` is the same table with tiny limits", () => {
  const usual = load({});
  const tiny = load({ preset: "test" });
  expect(tiny.groupSendsMax).toBeLessThan(usual.groupSendsMax);
  expect(tiny.sendQueueBytesMax).toBeLessThan(usual.sendQueueBytesMax);
  expect(tiny.signUp).toBe(usual.signUp);
});

test("the object and what is in it stay as they are", () => {
  const config = load({ trustedProxies: "127.0.0.1" });
  expect(() => Object.assign(config, { port: 1 })).toThrow();
  expect(() => (config.trustedProxies as string[]).push("::1")).toThrow();
});

test("names of flags and variables follow from the table, and are told apart", () => {
  expect(flagOf("diskFreeMiBMin")).toBe("--disk-free-mib-min");
  expect(variableOf("diskFreeMiBMin")).toBe("BANYAN_DISK_FREE_MIB_MIN");
  expect(new Set(optionNames.map(flagOf)).size).toBe(optionNames.length);
});

test("a variable that nothing reads is a warning with the nearest one, no error", () => {
  const config = load({}, { BANYAN_PROT: "1" });
  expect(config.warnings).toEqual(["BANYAN_PROT is set, but nothing reads it. Did you mean BANYAN_PORT?"]);
});

test("every bound holds at its edge", () => {
  expect(load({ port: "0" }).port).toBe(0);
  expect(load({ port: "65535" }).port).toBe(65_535);
  for (const port of ["65536", "-1", "1.5", "0x10", "", " 1", "1e3"])
    expect(() => load({ port })).toThrow(ConfigurationError);
  for (const trustedProxies of ["10.0.0.0/33", "ten", "::1/129", "10.0.0.0/8/8"])
    expect(() => load({ trustedProxies })).toThrow(ConfigurationError);
  for (const publicUrl of ["ftp://a", "https://a.org/path", "a.org"])
    expect(() => load({ publicUrl })).toThrow(ConfigurationError);
});

test("what Kubernetes puts into the environment is explained", () => {
  expect(() => load({}, { BANYAN_PORT: "tcp://10.0.0.1:80" })).toThrow("enableServiceLinks");
});
