// How a statement is run: by name (for the counters), prepared by its text, with failures in the house's words.
// Group commits, other changes and reads have connections of their own, so that a page of history never waits
// behind commits. Reads that may be are done by replicas, where there are some (replica-reads.ts).

import type { SQL } from "bun";
import type { Connection } from "./connection.ts";
import { asFailure, isReadOnly, mayTryAgain, wasClosed } from "./failures.ts";
import { Pool } from "./pool.ts";
import { type ReadCounts, ReplicaReads } from "./replica-reads.ts";
import type { Target } from "./target.ts";

export interface DatabaseOptions extends Target {
  /** What an operator sees in pg_stat_activity, followed by the purpose. */
  readonly applicationName?: string;
  readonly onStatement?: (name: string, durationMs: number, rows: number) => void;
  /** Most connections of each kind; `replica`: to each replica. */
  readonly connections?: Partial<Record<Purpose | "replica", number>>;
  /** Streaming replicas of the same database, each by its URL. */
  readonly replicaUrls?: readonly string[];
  /** The server ends a statement that runs longer. */
  readonly statementTimeoutMs?: number;
  /** A connection that owes an answer and says nothing for that long is given up. */
  readonly silentMs?: number;
}

export type Parameter = string | number | boolean | null | Uint8Array;
export type Row = Record<string, any>;
export type Purpose = "groups" | "changes" | "reads";

/** More group commits at once would only make smaller groups. */
const connectionsMax: Record<Purpose | "replica", number> = { groups: 4, changes: 4, reads: 4, replica: 4 };
const defaultStatementTimeoutMs = 8_000;
/** Longer than the server's own time limit, so that only a server that says nothing at all is meant. */
const defaultSilentMs = 10_000;
const triesMax = 8;
/** A change that took longer is confirmed by a second commit; see `confirmed`. */
const slowCommitMs = 1_000;
const closeWithinMs = 5_000;

export class Database {
  readonly #pools: Record<Purpose, Pool>;
  readonly #replicas: ReplicaReads | null;
  readonly #onStatement: DatabaseOptions["onStatement"];

  constructor(options: DatabaseOptions) {
    this.#onStatement = options.onStatement;
    const pool = (purpose: Purpose) => openPool(options, purpose);
    this.#pools = { groups: pool("groups"), changes: pool("changes"), reads: pool("reads") };
    const urls = options.replicaUrls ?? [];
    this.#replicas =
      urls.length === 0
        ? null
        : new ReplicaReads(
            urls.map((url) => openPool({ ...options, url }, "replica")),
            (text, parameters) => this.#pools.reads.use((connection) => connection.run(text, parameters)),
          );
  }

  /** `mayBeReplica`: shows all that was committed when it was asked, as any read, but may come from a replica. */
  async read(
    name: string,
    text: string,
    parameters: readonly Parameter[],
    { mayBeReplica = false } = {},
  ): Promise<Row[]> {
    if (mayBeReplica && this.#replicas) {
      const began = performance.now();
      const rows = await this.#replicas.read(text, parameters);
      if (rows) {
        this.#onStatement?.(name, performance.now() - began, rows.length);
        return rows;
      }
    }
    return this.#done(name, false, async () => {
      const once = () => this.#pools.reads.use((connection) => connection.run(text, parameters));
      // A connection that had died unnoticed is no reason to fail: reading twice does no harm.
      return once().catch((error) => (wasClosed(error) ? once() : Promise.reject(error)));
    });
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
  run(
    purpose: Purpose,
    name: string,
    text: string,
    parameters: readonly Parameter[],
    raw = false,
  ): Promise<Row[]> {
    return this.#done(name, raw, () =>
      this.#pools[purpose].use((connection) => confirmed(connection, () => connection.run(text, parameters))),
    );
  }

  /** Several statements that happen together or not at all. For what is seldom. */
  async transaction<T>(name: string, work: (run: TransactionRun) => Promise<T>): Promise<T> {
    const began = performance.now();
    const begin = (sql: SQL): Promise<T> =>
      sql.begin((inside) => work((text, parameters) => inside.unsafe(text, parameters as Parameter[])));
    try {
      return await this.#pools.changes.alone((connection) =>
        confirmed(connection, () => connection.use(begin)),
      );
    } catch (error) {
      if (error instanceof RollBack) throw error;
      this.#leaveReadOnly(error);
      throw asFailure(error, name);
    } finally {
      this.#onStatement?.(name, performance.now() - began, 0);
    }
  }

  /** Where the reads that may be done by replicas were done. */
  get readCounts(): ReadCounts {
    return this.#replicas?.counts ?? { replica: 0, primary: 0, tokens: 0 };
  }

  async close(): Promise<void> {
    const pools = Object.values(this.#pools).map((pool) => pool.close(closeWithinMs));
    await Promise.all([...pools, this.#replicas?.close(closeWithinMs)]);
  }

  /** What the other connections would still read there may be old. */
  #leaveReadOnly(error: unknown): void {
    if (isReadOnly(error)) for (const pool of Object.values(this.#pools)) pool.renew();
  }

  async #done(name: string, raw: boolean, work: () => Promise<Row[]>): Promise<Row[]> {
    const began = performance.now();
    try {
      const rows = await work();
      this.#onStatement?.(name, performance.now() - began, rows.length);
      return rows;
    } catch (error) {
      this.#onStatement?.(name, performance.now() - began, 0);
      this.#leaveReadOnly(error);
      throw raw && mayTryAgain(error) ? error : asFailure(error, name);
    }
  }
}

export type TransactionRun = (text: string, parameters: readonly Parameter[]) => Promise<Row[]>;

/** Thrown inside a transaction to take it back on purpose. */
export class RollBack extends Error {}

/**
 * A commit that waits for its synchronous replica, and is told to wait no longer (pg_cancel_backend), answers as if
 * all were well. So a slow one is believed only after a second commit behind it has waited for that replica too.
 */
async function confirmed<T>(connection: Connection, write: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const answer = await write();
  if (performance.now() - began > slowCommitMs) await connection.run(confirmText, []);
  return answer;
}

const confirmText = "select pg_logical_emit_message(true, 'banyan', '') is not null as confirmed";

function openPool(options: DatabaseOptions, purpose: Purpose | "replica"): Pool {
  const isReplica = purpose === "replica";
  return new Pool({
    target: options,
    applicationName: `${options.applicationName ?? "banyan"} ${purpose}`,
    mustBePrimary: !isReplica,
    statementTimeoutMs: options.statementTimeoutMs ?? defaultStatementTimeoutMs,
    silentMs: isReplica ? ReplicaReads.silentMs : (options.silentMs ?? defaultSilentMs),
    connectionsMax: options.connections?.[purpose] ?? connectionsMax[purpose],
  });
}
