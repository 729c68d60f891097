// Writes banyan.config.json anew, whole or not at all, readable by its owner only: URLs hold passwords.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { configFileName } from "./config-file.ts";

/** The file's text; null: there is none. */
export function configFileText(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, configFileName), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** null takes the file away. */
export function saveConfigFileText(dataDir: string, text: string | null): void {
  const path = join(dataDir, configFileName);
  if (text === null) rmSync(path, { force: true });
  else saveFile(path, text);
}

/** Takes the keys of `without` out, then puts `values` in. */
export function changedConfig(
  text: string | null,
  without: readonly string[],
  values: Readonly<Record<string, unknown>>,
): string {
  const before = text === null ? {} : (JSON.parse(text) as Record<string, unknown>);
  const kept = Object.entries(before).filter(([name]) => !without.includes(name));
  return `${JSON.stringify({ ...Object.fromEntries(kept), ...values }, null, 2)}\n`;
}

export function saveFile(path: string, text: string): void {
  const half = `${path}.unfinished`;
  const file = openSync(half, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(half, path);
}
