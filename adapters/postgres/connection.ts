// One connection to PostgreSQL, from its opening to its end; it never becomes another one by itself. What is run on
// it is answered in order. It ends for good when its server says something that a new connection would not hear (it
// is read-only now, it is stopping), and when nothing comes back for so long that the peer must be frozen.

import { type ReservedSQL, SQL } from "bun";
import type { Parameter, Row } from "./database.ts";
import { ConnectionLost, endsConnection } from "./failures.ts";
import { endpointOf, type Target } from "./target.ts";

export interface ConnectionOptions {
  readonly target: Target;
  readonly applicationName: string;
  /** A server that is not what it should be answers like one that is away. */
  readonly mustBePrimary: boolean;
  /** The server ends a statement that takes longer (while it runs, not while it commits). */
  readonly statementTimeoutMs: number;
  /** Without an answer for that long, with something asked, the connection is given up. */
  readonly silentMs: number;
}

const openWithinSeconds = 2;

export class Connection {
  /** What was asked and is not answered. */
  inFlight = 0;
  /** Given to one caller, for a transaction. */
  isLent = false;
  readonly #sql: SQL;
  readonly #silentMs: number;
  #held: ReservedSQL | null = null;
  #ended: () => void = () => {};
  #hasEnded = false;
  #wentSilent = false;
  #heardAt = 0;
  #watch: Timer | null = null;
  #whenIdle: (() => void)[] = [];

  private constructor(options: ConnectionOptions) {
    this.#silentMs = options.silentMs;
    this.#sql = new SQL({
      adapter: "postgres",
      ...endpointOf(options.target),
      max: 1,
      connectionTimeout: openWithinSeconds,
      idleTimeout: 0,
      connection: sessionSettings(options),
      onclose: () => this.end(),
    } as never);
  }

  static async open(options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(options);
    try {
      connection.#held = await connection.#sql.reserve();
      if (options.mustBePrimary) await connection.#checkPrimary();
      return connection;
    } catch (error) {
      connection.end();
      throw error;
    }
  }

  get isOpen(): boolean {
    return !this.#hasEnded;
  }

  /** Told once, when it can no longer be used. */
  onEnd(then: () => void): void {
    this.#ended = then;
    if (this.#hasEnded) then();
  }

  async run(text: string, parameters: readonly Parameter[]): Promise<Row[]> {
    return this.use((held) => held.unsafe(text, parameters as Parameter[]));
  }

  /** `work` runs statements on it, and nobody else does as long as it is lent. */
  async use<T>(work: (held: ReservedSQL) => Promise<T>): Promise<T> {
    if (!this.#held || this.#hasEnded) throw new ConnectionLost("the connection has ended");
    this.#asked();
    try {
      return await work(this.#held);
    } catch (error) {
      if (this.#wentSilent) throw new ConnectionLost(`no answer within ${this.#silentMs} ms`);
      if (endsConnection(error)) this.end();
      throw error;
    } finally {
      this.#answered();
    }
  }

  /** Fulfils when all that was asked is answered. */
  whenIdle(): Promise<void> {
    return this.inFlight === 0 ? Promise.resolve() : new Promise((done) => this.#whenIdle.push(done));
  }

  /** At once: what is under way rejects. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.#watch) clearTimeout(this.#watch);
    this.#ended();
    // The promise of a close is not waited for: it may stay open while a handshake is under way.
    this.#sql.close({ timeout: 0 }).catch(() => {});
  }

  async #checkPrimary(): Promise<void> {
    const [row] = await this.run(
      "select current_setting('transaction_read_only') = 'on' as is_read_only",
      [],
    );
    if (row!.is_read_only) throw new ConnectionLost("the server takes no changes");
  }

  #asked(): void {
    if (this.inFlight++ > 0) return;
    this.#heardAt = performance.now();
    this.#watch ??= setTimeout(() => this.#look(), this.#silentMs);
  }

  #answered(): void {
    this.inFlight--;
    this.#heardAt = performance.now();
    if (this.inFlight === 0) for (const done of this.#whenIdle.splice(0)) done();
  }

  #look(): void {
    this.#watch = null;
    if (this.inFlight === 0) return;
    const leftMs = this.#heardAt + this.#silentMs - performance.now();
    if (leftMs <= 1) {
      this.#wentSilent = true;
      this.end();
    } else this.#watch = setTimeout(() => this.#look(), leftMs);
  }
}

function sessionSettings(options: ConnectionOptions): Record<string, string> {
  return {
    application_name: options.applicationName,
    // Statements are planned once: planning anew costs four times what most of them cost to run.
    plan_cache_mode: "force_generic_plan",
    // A plan made while a table was small must not read all of it once it is large.
    enable_seqscan: "off",
    statement_timeout: String(options.statementTimeoutMs),
    // A backend that waits for a row notices that its caller went away.
    client_connection_check_interval: "2000",
  };
}
