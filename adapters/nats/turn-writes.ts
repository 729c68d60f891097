// One write to the socket for all that one turn of the event loop has to say. The library writes at the end of the
// current microtasks, so that the changes of a group and the answers to their senders would be two writes here, two
// reads by NATS, two by the gateway that gets both; most of what a small message costs is such reads and writes.

/** What is used of the library's protocol object. */
export interface Flushing {
  readonly outbound: { size(): number };
  flushPending(): void;
}

export class TurnWrites {
  readonly #write: () => void;
  readonly #onFailure: (error: unknown) => void;
  #isDue = false;
  #before: (() => void)[] = [];

  constructor(protocol: Flushing, onFailure: (error: unknown) => void) {
    this.#write = protocol.flushPending.bind(protocol);
    this.#onFailure = onFailure;
    protocol.flushPending = () => {
      if (protocol.outbound.size() > 0) this.#schedule();
    };
  }

  /** `then` is called once, at the end of this turn: what it publishes leaves with the rest. */
  before(then: () => void): void {
    this.#before.push(then);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#end());
  }

  #end(): void {
    this.#isDue = false;
    for (const then of this.#before.splice(0)) {
      try {
        then();
      } catch (error) {
        this.#onFailure(error);
      }
    }
    this.#write();
  }
}
