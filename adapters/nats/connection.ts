// One connection to NATS, shared by what this process does with it. It never gives up: a lost or silent node is
// left within three seconds for another one. What is published while it is away is dropped, not gathered (law 1).

import { connect, type NatsConnection } from "@nats-io/transport-node";
import { assert } from "#base/assert.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { type Flushing, TurnWrites } from "./turn-writes.ts";

export interface NatsOptions {
  /**
   * nats://[user:password@ or token@]host:port, or tls://...; any of them will do, the first that answers is taken: on
   * one node processes meet without a hop between nodes.
   */
  readonly urls: readonly string[];
  /** What the NATS servers call this process. */
  readonly name: string;
  /** The first word of every subject. */
  readonly namespace: string;
  readonly onEvent?: (event: NatsEvent) => void;
  readonly onFailure: (error: unknown) => void;
  /** How long the first connection is tried for. */
  readonly withinMs?: number;
}

export type NatsEvent = { readonly kind: "connected" | "lost" | "back"; readonly server: string };

/** `data` is a view of what was read from the socket. */
export type Hear = (subject: string, data: Uint8Array<ArrayBuffer>, reply: string, status: number) => void;

export interface Interest {
  /** At once: what is on its way is not heard. */
  end(): void;
  /** What NATS has delivered before it saw the end is heard still; fulfils after that. */
  drain(): Promise<void>;
}

export interface Nats {
  readonly namespace: string;
  /** For what lies in this folder. It never hears what it publishes itself. */
  readonly connection: NatsConnection;
  isUp(): boolean;
  /** False: it was dropped, because the connection is away. */
  publish(subject: string, data: Uint8Array, reply?: string): boolean;
  /** `then` is called at the end of this turn of the event loop: what it publishes leaves in one write with the rest. */
  atTurnsEnd(then: () => void): void;
  /** Costs about 250 bytes besides the subject; `hear` may be shared. */
  subscribe(subject: string, hear: Hear): Interest;
  /** Fulfils when the server has seen all that was published and subscribed so far; rejects when it cannot. */
  flush(): Promise<void>;
  /** `then` is called when the connection was lost, and when it is back: something may have passed by. */
  onLost(then: () => void): () => void;
  onBack(then: () => void): () => void;
  payloadBytesMax(): number;
  /** Leaves this node for another: it answers, and yet it seems cut off from the others. Nothing where there is one. */
  moveOn(): void;
  close(): Promise<void>;
}

const dialWithinMs = 1000;
/** Three intervals without an answer and the node is given up: 2.9 s. */
const pingEveryMs = 950;
const pingsUnansweredMax = 2;
/** Interests that come together: a node takes them in before it answers a ping, about 12 us for each. */
const interestsMany = 5_000;
const pingsUnansweredMaxMany = 12;

export async function openNats(options: NatsOptions): Promise<Nats> {
  const connection = await connectFirst(options);
  const internal = internals(connection);
  const writes = new TurnWrites(internal, options.onFailure);
  const home: Home = { connection, internal, onFailure: options.onFailure };
  const lost = new Set<() => void>();
  const back = new Set<() => void>();
  let isUp = true;
  const tell = (all: ReadonlySet<() => void>) => {
    for (const then of [...all]) guarded(then, options.onFailure);
  };

  let fresh = 0;
  let patient = 0;
  async function bePatient(): Promise<void> {
    fresh = 0;
    patient++;
    internal.heartbeats.maxOut = pingsUnansweredMaxMany;
    await connection.flush().catch(() => {});
    // Once more, so that the library's own pings, sent meanwhile, are answered too: it compares their count exactly.
    await connection.flush().catch(() => {});
    if (--patient === 0) internal.heartbeats.maxOut = pingsUnansweredMax;
  }

  async function watch(): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === "staleConnection") internal.transport.socket?.destroy();
      else if (status.type === "disconnect") {
        isUp = false;
        options.onEvent?.({ kind: "lost", server: status.server });
        tell(lost);
      } else if (status.type === "reconnect") {
        isUp = true;
        if (internal.subscriptions.size() >= interestsMany) void bePatient();
        options.onEvent?.({ kind: "back", server: status.server });
        tell(back);
      }
    }
  }
  void watch().catch(options.onFailure);
  options.onEvent?.({ kind: "connected", server: connection.getServer() });

  return {
    namespace: options.namespace,
    connection,
    isUp: () => isUp && internal.connected,
    publish(subject, data, reply) {
      if (!isUp || !internal.connected) return false;
      connection.publish(subject, data, reply === undefined ? undefined : { reply });
      return true;
    },
    atTurnsEnd: (then) => writes.before(then),
    subscribe(subject, hear) {
      const interest = new LeanSubscription(subject, hear, home);
      if (connection.isClosed()) return interest;
      internal.subscribe(interest);
      if (++fresh >= interestsMany) void bePatient();
      return interest;
    },
    flush: () => connection.flush(),
    onLost: (then) => added(lost, then),
    onBack: (then) => added(back, then),
    payloadBytesMax: () => connection.info?.max_payload ?? 1024 * 1024,
    moveOn() {
      if (options.urls.length > 1 && isUp) connection.reconnect().catch(options.onFailure);
    },
    async close() {
      isUp = false;
      await connection.close();
    },
  };
}

async function connectFirst(options: NatsOptions): Promise<NatsConnection> {
  const until = performance.now() + (options.withinMs ?? 10_000);
  for (;;) {
    try {
      return await connect({
        ...serversOf(options.urls),
        name: options.name,
        noEcho: true,
        noRandomize: true,
        timeout: dialWithinMs,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 50,
        reconnectJitter: 200,
        pingInterval: pingEveryMs,
        maxPingOut: pingsUnansweredMax,
        ignoreAuthErrorAbort: true,
        noAsyncTraces: true,
      });
    } catch (cause) {
      if (performance.now() > until)
        throw new StoreUnavailable(`NATS is not reached at ${options.urls.map(withoutSecret).join(", ")}`, {
          cause,
        });
      await Bun.sleep(100 + Math.random() * 150);
    }
  }
}

/** The credentials of the first url that has some; the library wants them apart. */
function serversOf(urls: readonly string[]) {
  const parsed = urls.map((url) => new URL(url));
  const key = parsed.find((url) => url.username !== "");
  const [user, pass] = [decodeURIComponent(key?.username ?? ""), decodeURIComponent(key?.password ?? "")];
  return {
    servers: parsed.map((url) => `${url.hostname}:${url.port || 4222}`),
    ...(parsed.some((url) => url.protocol === "tls:") ? { tls: {} } : {}),
    ...(key === undefined ? {} : key.password === "" ? { token: user } : { user, pass }),
  };
}

function withoutSecret(url: string): string {
  return new URL(url).host;
}

/**
 * The library's own subscription object takes more than 1 KiB, for iterators and promises that nothing here uses; a
 * gateway follows 100,000 conversations. This is what its protocol needs of one (docs/decisions/0009-nats.md).
 */
class LeanSubscription implements Interest {
  sid = 0;
  received = 0;
  constructor(
    readonly subject: string,
    readonly hear: Hear,
    readonly home: Home,
  ) {}

  /** Called by the library, which a throw would end. */
  callback(error: Error | null, message: LibraryMessage): void {
    if (error) return this.home.onFailure(error);
    try {
      this.hear(message.subject, message.data, message.reply ?? "", message.headers?.code ?? 0);
    } catch (thrown) {
      this.home.onFailure(thrown);
    }
  }

  end(): void {
    if (!this.home.connection.isClosed()) this.home.internal.unsubscribe(this);
  }

  async drain(): Promise<void> {
    const { connection, internal } = this.home;
    if (connection.isClosed()) return;
    internal.unsub(this);
    await connection.flush().catch(() => {});
    internal.subscriptions.cancel(this);
  }

  /** Called by the library. */
  close(): void {}
}

interface Home {
  readonly connection: NatsConnection;
  readonly internal: Internals;
  readonly onFailure: (error: unknown) => void;
}

interface LibraryMessage {
  readonly subject: string;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly reply?: string;
  readonly headers?: { readonly code: number };
}

interface Internals extends Flushing {
  readonly connected: boolean;
  readonly transport: { readonly socket?: { destroy(): void } };
  subscribe(interest: LeanSubscription): void;
  unsubscribe(interest: LeanSubscription): void;
  unsub(interest: LeanSubscription): void;
  readonly subscriptions: { size(): number; cancel(interest: LeanSubscription): void };
  readonly heartbeats: { maxOut: number };
}

/** What is used of the library beyond its interface; its version is pinned, and another one shows here first. */
function internals(connection: NatsConnection): Internals {
  const { protocol } = connection as unknown as { protocol?: Internals };
  assert(
    typeof protocol?.subscribe === "function" &&
      typeof protocol.unsubscribe === "function" &&
      typeof protocol.unsub === "function" &&
      typeof protocol.flushPending === "function" &&
      typeof protocol.outbound.size === "function" &&
      typeof protocol.subscriptions.cancel === "function" &&
      typeof protocol.subscriptions.size === "function" &&
      protocol.heartbeats.maxOut === pingsUnansweredMax &&
      typeof protocol.connected === "boolean" &&
      protocol.transport !== undefined,
    "the NATS library is not the one that adapters/nats/connection.ts knows",
  );
  return protocol;
}

function guarded(then: () => void, onFailure: (error: unknown) => void): void {
  try {
    then();
  } catch (error) {
    onFailure(error);
  }
}

function added(all: Set<() => void>, then: () => void): () => void {
  all.add(then);
  return () => void all.delete(then);
}
