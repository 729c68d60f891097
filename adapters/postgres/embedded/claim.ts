// One launcher per cluster: a file beside the cluster names the process that runs it. It tells an orphaned
// PostgreSQL, which may be stopped, from one that another living Banyan runs, which may not.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { EmbeddedFailure, fromFileError } from "./failure.ts";
import { birthMark } from "./processes.ts";

const claimedHere = new Set<string>();

/** Fails with "in_use" where another process, or another part of this one, has it. */
export function claim(folder: string): { release(): void } {
  const file = `${folder}.launcher`;
  if (claimedHere.has(folder)) throw inUse(folder, process.pid);
  const mine = `${process.pid} ${birthMark(process.pid)}\n`;
  if (!writeNew(file, mine)) {
    const holder = holderOf(file);
    if (holder !== null && holder !== process.pid) throw inUse(folder, holder);
    rmSync(file, { force: true });
    if (!writeNew(file, mine)) throw inUse(folder, holderOf(file) ?? 0);
  }
  claimedHere.add(folder);
  return {
    release: () => {
      if (claimedHere.delete(folder)) rmSync(file, { force: true });
    },
  };
}

/** The living process that wrote the claim, or null. */
function holderOf(file: string): number | null {
  try {
    const [pid, mark] = readFileSync(file, "utf8").trim().split(/ (.*)/);
    return mark !== "" && birthMark(Number(pid)) === mark ? Number(pid) : null;
  } catch {
    return null;
  }
}

function writeNew(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") return false;
    throw fromFileError(error, file);
  }
}

function inUse(folder: string, pid: number): EmbeddedFailure {
  return new EmbeddedFailure(
    "in_use",
    `The data in ${folder} is in use by process ${pid}.`,
    "Stop that one, or choose another data directory.",
  );
}
