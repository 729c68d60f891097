// Where one embedded cluster lives: its files, its socket, its log.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { socketFolderFor } from "./socket-folder.ts";

export interface Place {
  readonly folder: string;
  readonly socketFolder: string;
  readonly logFile: string;
  /** Names its processes among those of other clusters. */
  readonly title: string;
}

/** `dataDir`: absolute. The same data directory has the same place at each start and for each tool. */
export function placeIn(dataDir: string): Place {
  return {
    folder: join(dataDir, "postgres"),
    socketFolder: socketFolderFor(dataDir),
    logFile: join(dataDir, "postgres.log"),
    title: `banyan-${createHash("sha256").update(dataDir).digest("hex").slice(0, 12)}`,
  };
}
