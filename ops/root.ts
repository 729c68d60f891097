// Where the house stands, and the runtime that runs it; for verbs that start other programs.

import { join } from "node:path";

export const root = join(import.meta.dir, "..");
export const bun = process.execPath;
export const artifacts = join(root, ".artifacts");
