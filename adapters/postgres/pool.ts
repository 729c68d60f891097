// The connections of one purpose. A statement goes to the one with the least to do; what has ended is replaced when
// it is needed. Where the server cannot be reached, callers are told after one try, and tries keep a distance.

import { Connection, type ConnectionOptions } from "./connection.ts";
import { ConnectionLost } from "./failures.ts";

export interface PoolOptions extends ConnectionOptions {
  readonly connectionsMax: number;
}

/** Statements under way on one connection, and callers that wait for one. */
const inFlightMax = 1_000;
const waitingMax = 1_000;
const againAfterMs = 50;

interface Waiting {
  readonly start: (connection: Connection) => void;
  readonly fail: (reason: unknown) => void;
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #connections = new Set<Connection>();
  #opening = 0;
  #waiting: Waiting[] = [];
  #failedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Statements under way, and callers that wait. */
  get load(): number {
    let sum = this.#waiting.length;
    for (const connection of this.#connections) sum += connection.inFlight;
    return sum;
  }

  /** On a connection that others use as well: what is run must not depend on what was run before. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const best = this.#leastLoaded();
    const mayOpen = !this.#isClosed && this.#connections.size + this.#opening < this.#options.connectionsMax;
    if (mayOpen && best?.inFlight !== 0) this.#open();
    if (best && best.inFlight < inFlightMax) return work(best);
    if (best || this.#isClosed || this.#waiting.length >= waitingMax)
      return Promise.reject(new ConnectionLost(this.#isClosed ? "closed" : "too many statements wait"));
    return new Promise((done, fail) => {
      this.#waiting.push({ start: (connection) => void work(connection).then(done, fail), fail });
    });
  }

  /** On a connection that nobody else uses meanwhile, such as for a transaction. */
  alone<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.use(async (connection) => {
      connection.isLent = true;
      try {
        await connection.whenIdle();
        return await work(connection);
      } finally {
        connection.isLent = false;
        this.#startWaiting();
      }
    });
  }

  /** Ends every connection; the next statements go by new ones. */
  renew(): void {
    for (const connection of [...this.#connections]) connection.end();
  }

  /** Waits up to `withinMs` for what is under way. */
  async close(withinMs: number): Promise<void> {
    this.#isClosed = true;
    this.#fail(new ConnectionLost("closed"));
    const idle = Promise.all([...this.#connections].map((connection) => connection.whenIdle()));
    let late: Timer | undefined;
    await Promise.race([idle, new Promise<void>((done) => (late = setTimeout(done, withinMs)))]);
    clearTimeout(late);
    this.renew();
  }

  #leastLoaded(): Connection | null {
    let best: Connection | null = null;
    for (const connection of this.#connections) {
      if (connection.isLent) continue;
      if (!best || connection.inFlight < best.inFlight) best = connection;
      if (best.inFlight === 0) break;
    }
    return best;
  }

  #open(): void {
    this.#opening++;
    const restMs = this.#failedAt + againAfterMs - performance.now();
    const opened = restMs > 0 ? Bun.sleep(restMs).then(() => this.#tryOpen()) : this.#tryOpen();
    opened
      .finally(() => this.#opening--)
      .then(
        () => this.#startWaiting(),
        (error: unknown) => {
          this.#failedAt = performance.now();
          if (this.#connections.size === 0) this.#fail(error);
        },
      );
  }

  async #tryOpen(): Promise<void> {
    if (this.#isClosed) throw new ConnectionLost("closed");
    const connection = await Connection.open(this.#options);
    if (this.#isClosed) return connection.end();
    this.#connections.add(connection);
    connection.onEnd(() => {
      this.#connections.delete(connection);
      // Who waits until one that was lent comes back must not wait for ever.
      if (this.#waiting.length > 0 && !this.#isClosed) this.#open();
    });
  }

  #startWaiting(): void {
    for (const waiting of this.#waiting.splice(0)) {
      const connection = this.#leastLoaded();
      if (connection) waiting.start(connection);
      else this.#waiting.push(waiting);
    }
  }

  #fail(reason: unknown): void {
    for (const waiting of this.#waiting.splice(0)) waiting.fail(reason);
  }
}
