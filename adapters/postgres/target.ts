// Where a database is: a folder with a Unix socket, or a URL.

export interface Target {
  readonly socketDir?: string;
  /** postgres://user:password@host:port/database, with ?sslmode=verify-full and the like for TLS. */
  readonly url?: string;
  readonly username?: string;
  readonly database?: string;
}

/** As Bun's client wants it. */
export function endpointOf({ url, socketDir, username, database }: Target) {
  if (url) return { url };
  return {
    path: `${socketDir}/.s.PGSQL.5432`,
    username: username ?? "banyan",
    database: database ?? "postgres",
  };
}
