// Connections, and how a statement is run: by name (for the counters), prepared by its text, with failures in
// the house's words. Group commits, other changes and reads have connections of their own, so that a page of
// history never waits behind commits.

import { SQL } from "bun";
import { asFailure, mayTryAgain } from "./failures.ts";

export interface DatabaseOptions {
  /** Either the folder of a Unix socket, or a URL (postgres://user@host/database). */
  readonly socketDir?: string;
  readonly url?: string;
  readonly username?: string;
  readonly database?: string;
  /** What an operator sees in pg_stat_activity, followed by the purpose. */
  readonly applicationName?: string;
  readonly onStatement?: (name: string, durationMs: number, rows: number) => void;
  /** Most connections of each kind. */
  readonly connections?: Partial<Record<Purpose, number>>;
}

export type Purpose = "groups" | "changes" | "reads";
export type Parameter = string | number | boolean | null | Uint8Array;
export type Row = Record<string, any>;

/** More group commits at once would only make smaller groups. */
const connectionsMax: Record<Purpose, number> = { groups: 4, changes: 4, reads: 4 };
const triesMax = 8;

export class Database {
  private readonly pools: Record<Purpose, SQL>;
  private readonly onStatement: DatabaseOptions["onStatement"];

  constructor(options: DatabaseOptions) {
    this.onStatement = options.onStatement;
    const pool = (purpose: Purpose) =>
      openPool(options, options.connections?.[purpose] ?? connectionsMax[purpose], purpose);
    this.pools = { groups: pool("groups"), changes: pool("changes"), reads: pool("reads") };
  }

  read(name: string, text: string, parameters: readonly Parameter[]): Promise<Row[]> {
    return this.run("reads", name, text, parameters);
  }

  /** Tries again where a racing statement was in the way: each try is whole or nothing. */
  async change(name: string, text: string, parameters: readonly Parameter[]): Promise<Row[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.run("changes", name, text, parameters, tries < triesMax);
      } catch (error) {
        if (!mayTryAgain(error) || tries >= triesMax) throw error;
      }
    }
  }

  /** `raw`: what the caller may try again comes as the database's own error. */
  async run(
    purpose: Purpose,
    name: string,
    text: string,
    parameters: readonly Parameter[],
    raw = false,
  ): Promise<Row[]> {
    const began = performance.now();
    try {
      const rows = await this.pools[purpose].unsafe(text, parameters as Parameter[]);
      this.onStatement?.(name, performance.now() - began, rows.length);
      return rows;
    } catch (error) {
      this.onStatement?.(name, performance.now() - began, 0);
      throw raw && mayTryAgain(error) ? error : asFailure(error, name);
    }
  }

  /** Several statements that happen together or not at all. For what is seldom. */
  async transaction<T>(name: string, work: (run: TransactionRun) => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await this.pools.changes.begin((sql) =>
        work((text, parameters) => sql.unsafe(text, parameters as Parameter[])),
      );
    } catch (error) {
      throw error instanceof RollBack ? error : asFailure(error, name);
    } finally {
      this.onStatement?.(name, performance.now() - began, 0);
    }
  }

  /** For migrations. */
  get sql(): SQL {
    return this.pools.changes;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.pools).map((pool) => pool.close({ timeout: 5 })));
  }
}

export type TransactionRun = (text: string, parameters: readonly Parameter[]) => Promise<Row[]>;

/** Thrown inside a transaction to take it back on purpose. */
export class RollBack extends Error {}

function openPool(options: DatabaseOptions, max: number, purpose: Purpose): SQL {
  const where = options.url
    ? { url: options.url }
    : {
        path: `${options.socketDir}/.s.PGSQL.5432`,
        username: options.username ?? "banyan",
        database: options.database ?? "postgres",
      };
  return new SQL({
    adapter: "postgres",
    ...where,
    max,
    connectionTimeout: 5,
    idleTimeout: 0,
    connection: {
      application_name: `${options.applicationName ?? "banyan"} ${purpose}`,
      // Statements are planned once: planning anew costs four times what most of them cost to run.
      plan_cache_mode: "force_generic_plan",
      // A plan made while a table was small must not read all of it once it is large.
      enable_seqscan: "off",
      statement_timeout: "30000",
    },
  } as never);
}
