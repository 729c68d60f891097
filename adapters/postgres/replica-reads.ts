// Reads on replicas, none older than what was committed when they were asked (docs/decisions/0012): the read asks
// the primary how far it is, after it was asked itself, and runs on a replica's connection only behind a statement
// of that connection that saw the replica as far. A replay position only grows, so that what the later statement
// sees includes it. (In one statement the position could be newer than the snapshot.)

import type { Connection } from "./connection.ts";
import type { Parameter, Row } from "./database.ts";
import { type Head, HeadOfPrimary, type RunOnPrimary } from "./head.ts";
import type { Pool } from "./pool.ts";

export interface ReadCounts {
  /** Reads that a replica did, and those that the primary did because none could. */
  replica: number;
  primary: number;
  /** Statements that asked the primary how far it is. */
  tokens: number;
}

/** What a replica is waited for; then the primary does the read, and the replica is left alone for a while. */
const behindMsMax = 20;
const lookAgainMs = 2;
const restMs = 1_000;

interface Replica {
  readonly pool: Pool;
  /** Not serving: a look in the background finds out when it can again. */
  isServing: boolean;
  resting: Timer | null;
}

/** How far a connection's server was at least. */
interface Position {
  readonly timeline: number;
  readonly system: string;
  readonly lsn: number;
}

export class ReplicaReads {
  /** A read does not wait longer for a replica that says nothing. */
  static readonly silentMs = 500;

  readonly #replicas: readonly Replica[];
  readonly #head: HeadOfPrimary;
  readonly #positions = new WeakMap<Connection, Position>();
  readonly #looks = new WeakMap<Connection, Promise<void>>();
  readonly #counts = { replica: 0, primary: 0 };
  #isClosed = false;

  constructor(pools: readonly Pool[], primary: RunOnPrimary) {
    this.#head = new HeadOfPrimary(primary);
    this.#replicas = pools.map((pool) => ({ pool, isServing: false, resting: null }));
    for (const replica of this.#replicas) void this.#look(replica);
  }

  get counts(): ReadCounts {
    return { ...this.#counts, tokens: this.#head.statements };
  }

  /** null: no replica could; the primary is to be asked. */
  async read(text: string, parameters: readonly Parameter[]): Promise<Row[] | null> {
    const replica = this.#leastLoaded();
    const rows = replica ? await this.#readOn(replica, text, parameters) : null;
    this.#counts[rows ? "replica" : "primary"]++;
    return rows;
  }

  async close(withinMs: number): Promise<void> {
    this.#isClosed = true;
    for (const replica of this.#replicas) if (replica.resting) clearTimeout(replica.resting);
    await Promise.all(this.#replicas.map((replica) => replica.pool.close(withinMs)));
  }

  #leastLoaded(): Replica | null {
    let best: Replica | null = null;
    for (const replica of this.#replicas)
      if (replica.isServing && (!best || replica.pool.load < best.pool.load)) best = replica;
    return best;
  }

  /** Whatever goes wrong on the way, the primary will tell better. */
  async #readOn(replica: Replica, text: string, parameters: readonly Parameter[]): Promise<Row[] | null> {
    const head = await this.#head.ask().catch(() => null);
    if (!head) return null;
    try {
      const rows = await replica.pool.use((connection) => this.#readAt(connection, head, text, parameters));
      if (!rows) this.#rest(replica);
      return rows;
    } catch {
      this.#rest(replica);
      return null;
    }
  }

  async #readAt(connection: Connection, head: Head, text: string, parameters: readonly Parameter[]) {
    if (!(await this.#reaches(connection, head))) return null;
    return connection.run(text, parameters);
  }

  /** Looks until the connection's server is as far as `head`, for a while. */
  async #reaches(connection: Connection, head: Head): Promise<boolean> {
    const deadline = performance.now() + behindMsMax;
    while (!isCovered(head, this.#positions.get(connection))) {
      await this.#nextLook(connection, head);
      if (isCovered(head, this.#positions.get(connection))) break;
      if (performance.now() > deadline) return false;
      await Bun.sleep(lookAgainMs);
    }
    return true;
  }

  /** One look serves all that wait on the connection: what was seen once stays true. */
  #nextLook(connection: Connection, head: Head): Promise<void> {
    const underWay = this.#looks.get(connection);
    if (underWay) return underWay;
    const { timeline, system } = head;
    const look = connection
      .run(positionText, [system, timeline])
      .then(([row]) => {
        if (row!.follows && row!.lsn !== null)
          this.#positions.set(connection, { timeline, system, lsn: row!.lsn });
      })
      .finally(() => this.#looks.delete(connection));
    this.#looks.set(connection, look);
    return look;
  }

  #rest(replica: Replica): void {
    replica.isServing = false;
    if (!replica.resting && !this.#isClosed)
      replica.resting = setTimeout(() => {
        replica.resting = null;
        void this.#look(replica);
      }, restMs);
  }

  async #look(replica: Replica): Promise<void> {
    try {
      const head = await this.#head.ask();
      const reaches = await replica.pool.use((connection) => this.#reaches(connection, head));
      if (reaches) replica.isServing = true;
      else this.#rest(replica);
    } catch {
      this.#rest(replica);
    }
  }
}

function isCovered(head: Head, position: Position | undefined): boolean {
  return (
    position !== undefined &&
    position.timeline === head.timeline &&
    position.system === head.system &&
    position.lsn >= head.lsn
  );
}

const positionText = `
select (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::float8 as lsn,
  exists (select 1 from timelines where system = $1::bigint and timeline = $2::int) as follows`;
