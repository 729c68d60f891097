// Why the embedded PostgreSQL cannot run, in words for the person who started it: what is wrong and what to do.

export type EmbeddedFailureCode =
  | "binaries_missing"
  | "cannot_run_as_root"
  | "not_writable"
  | "disk_full"
  | "other_version"
  | "damaged"
  | "in_use"
  | "start_failed";

export class EmbeddedFailure extends Error {
  override name = "EmbeddedFailure";
  constructor(
    readonly code: EmbeddedFailureCode,
    what: string,
    readonly remedy: string,
  ) {
    super(`${what} ${remedy}`);
  }
}

/** The failure that an error of the file system means for the data directory. */
export function fromFileError(error: unknown, path: string): EmbeddedFailure {
  const code = (error as { code?: string } | null)?.code;
  if (code === "ENOSPC" || code === "EDQUOT") return diskFull(path);
  if (code === "EACCES" || code === "EPERM" || code === "EROFS" || code === "ENOTDIR") {
    return new EmbeddedFailure(
      "not_writable",
      `The data directory ${path} cannot be written (${code}).`,
      "Give this user the right to write there, or choose another data directory.",
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new EmbeddedFailure(
    "start_failed",
    `The data directory ${path} could not be prepared: ${reason}.`,
    "Mend that and start again.",
  );
}

export function diskFull(path: string): EmbeddedFailure {
  return new EmbeddedFailure(
    "disk_full",
    `The disk that holds ${path} is full.`,
    "Nothing is lost: free some space (at least 256 MiB) and start again.",
  );
}

/** What the lines that PostgreSQL logged before it gave up mean, or null where they are no known case. */
export function fromServerLog(log: string, path: string): EmbeddedFailure | null {
  if (/No space left on device|Disk quota exceeded/.test(log)) return diskFull(path);
  if (/Read-only file system|Permission denied|has wrong ownership|has invalid permissions/.test(log)) {
    return new EmbeddedFailure(
      "not_writable",
      `PostgreSQL may not use ${path}: ${lastFatal(log)}`,
      "The folder must belong to the user that runs it (chown -R) and be writable.",
    );
  }
  if (/database files are incompatible with server/.test(log)) {
    return new EmbeddedFailure(
      "other_version",
      `The data in ${path} was written by another version of PostgreSQL.`,
      "Start the release of Banyan that wrote it and move the data with backup and restore.",
    );
  }
  if (damage.test(log)) {
    return new EmbeddedFailure(
      "damaged",
      `The data in ${path} is damaged: ${lastFatal(log)}`,
      "Keep a copy of the folder as it is, and restore the last backup into a new data directory.",
    );
  }
  return null;
}

const damage =
  /could not (open|read) file "[^"]*(global|base|pg_wal|pg_xact|pg_multixact)|could not open directory|required WAL directory|could not locate a valid checkpoint record|invalid (primary )?checkpoint|could not find redo location|incorrect checksum in control file|invalid data in file|bogus data in lock file|is not a valid data directory|invalid magic number|PANIC:/;

export function lastFatal(log: string): string {
  const lines = log.split("\n").filter((line) => /FATAL|PANIC/.test(line));
  const line = lines.at(-1) ?? log.trim().split("\n").at(-1) ?? "";
  return line.replace(/^.*?(FATAL|PANIC):\s*/, "").slice(0, 300);
}
