// banyan.config.json in the data directory: the same options by their names in the table, for those who would
// rather keep them with the data. A damaged file never counts as an empty one.

import { accessSync, constants, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { didYouMean } from "./nearest.ts";
import { type OptionName, optionNames, options } from "./options.ts";

export const configFileName = "banyan.config.json";

export interface ConfigFile {
  readonly path: string;
  readonly values: Partial<Record<OptionName, string>>;
  readonly problems: readonly string[];
}

export function readConfigFile(dataDir: string): ConfigFile {
  const path = join(dataDir, configFileName);
  const damaged = (problem: string): ConfigFile => ({ path, values: {}, problems: [`${path} ${problem}`] });
  const text = readIfThere(path);
  if (text === null) return { path, values: {}, problems: [] };
  if (text === "unreadable") return damaged("may not be read by this user. Give it to this user (chown).");
  const found = parseObject(text.content);
  if (typeof found === "string")
    return damaged(`${found}. Mend the file, or move it away to start with the defaults.`);
  return { path, ...sort(path, found) };
}

/** null: there is none, which is the usual case. */
function readIfThere(path: string): { content: string } | "unreadable" | null {
  try {
    return { content: readFileSync(path, "utf8") };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    return mayEnter(dirname(path)) ? "unreadable" : null; // a closed folder is reported by who opens it
  }
}

function mayEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function parseObject(text: string): Record<string, unknown> | string {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === "object" && found !== null && !Array.isArray(found))
      return found as Record<string, unknown>;
    return 'should hold one JSON object, such as {"port": 7226}';
  } catch (error) {
    return `is not JSON (${error instanceof Error ? error.message : "unreadable"})`;
  }
}

function sort(path: string, found: Record<string, unknown>): Pick<ConfigFile, "values" | "problems"> {
  const values: Partial<Record<OptionName, string>> = {};
  const problems: string[] = [];
  for (const [key, value] of Object.entries(found)) {
    if (!isOptionName(key)) {
      problems.push(
        `${path}: unknown key "${key}".${didYouMean(key, optionNames)} Take it out or correct it.`,
      );
    } else if (options[key].notInFile) {
      problems.push(`${path}: "${key}" cannot stand in this file. Give it as a flag or in the environment.`);
    } else {
      const text = textOf(value);
      if (text === null) problems.push(`${path}: "${key}" should be a text, a number, true or false.`);
      else values[key] = text;
    }
  }
  return { values, problems };
}

function isOptionName(key: string): key is OptionName {
  return Object.hasOwn(options, key);
}

function textOf(value: unknown): string | null {
  if (value === null) return "";
  if (Array.isArray(value)) return value.every((item) => typeof item === "string") ? value.join(",") : null;
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : null;
}
