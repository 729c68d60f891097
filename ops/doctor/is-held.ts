// Whether a running process holds a data directory, asked without disturbing it.

import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { lockFile } from "#app/file-lock.ts";

export function isHeld(dataDir: string): boolean | "unreadable" {
  const path = join(dataDir, "lock");
  if (!existsSync(path)) return false;
  let file: number;
  try {
    file = openSync(path, "r+");
  } catch {
    return "unreadable";
  }
  const held = !lockFile(file);
  closeSync(file);
  return held;
}
