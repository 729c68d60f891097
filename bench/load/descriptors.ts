// How many sockets one process may hold here: the machine's limit of open files, less what else it opens.

import { readFileSync } from "node:fs";

/** Where the limit cannot be read, and as many as one process's CPU is good for. */
const socketsUsualMax = 18_000;
const otherFiles = 1_000;

/** Of one process of the generator. */
export function socketsPerProcessMax(): number {
  return Math.max(100, Math.min(socketsUsualMax, openFilesMax() - otherFiles));
}

/** Of a server that the run starts: as many as its process may. */
export function socketsOfOneServerMax(): number {
  return Math.max(100, openFilesMax() - otherFiles);
}

/** The hard limit: both are started with it. */
function openFilesMax(): number {
  try {
    const [, hard] = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard);
  } catch {
    return socketsUsualMax + otherFiles;
  }
}
