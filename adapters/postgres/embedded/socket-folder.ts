// Where the Unix socket lives: in the data directory, unless its path is too long for a socket's address
// (103 bytes on macOS, 107 on Linux), then in a short private folder of the system's temporary ones.

import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";

const socketName = "/.s.PGSQL.5432";
const addressBytesMax = 103;

export function socketFolderFor(dataDir: string): string {
  const inside = join(dataDir, "run");
  if (Buffer.byteLength(inside + socketName) <= addressBytesMax) return inside;
  // Named for the data directory, so that each start and each tool finds the same one.
  const name = createHash("sha256").update(dataDir).digest("hex").slice(0, 12);
  const short = join(tmpdir(), `banyan-${name}`);
  return Buffer.byteLength(short + socketName) <= addressBytesMax ? short : `/tmp/banyan-${name}`;
}

export function socketPath(socketFolder: string): string {
  return socketFolder + socketName;
}
