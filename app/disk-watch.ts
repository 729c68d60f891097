// Looks at the free space now and then and says when it has run out and when it is back, so that sends are refused
// as `unavailable` while PostgreSQL can still write its log, instead of after it could not.

import { freeMiB } from "#app/data-directory.ts";

export interface DiskWatch {
  isFull(): boolean;
  close(): void;
}

export function watchDisk(
  path: string,
  freeMiBMin: number,
  onChange: (isFull: boolean, free: number) => void,
  everyMs = 1_000,
): DiskWatch {
  let isFull = false;
  const look = () => {
    const free = freeMiB(path);
    if (free < freeMiBMin === isFull) return;
    isFull = !isFull;
    onChange(isFull, free);
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return { isFull: () => isFull, close: () => clearInterval(timer) };
}
