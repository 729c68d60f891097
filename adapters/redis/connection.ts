// The connection to Redis or Valkey. It is a shared memory that may be lost: while it is away a call fails at once,
// one that gets no answer fails after `silentMs`, and the connection comes back by itself, not all at the same time.
// Calls are batches, one write each; nothing blocks. Keys of one thing bear one hash tag {...}.

import { Redis as Client } from "ioredis";

/** A command, or a script by its name, with its arguments. */
export type Call = readonly [name: string, ...args: (string | number)[]];

export interface Redis {
  readonly namespace: string;
  isReady(): boolean;
  /** The answers in order. Rejects when Redis is away, does not answer, or refuses one of the calls. */
  ask(calls: readonly Call[]): Promise<readonly unknown[]>;
  /** Makes a script callable by `name`: sent once, then by its hash. */
  script(name: string, keyCount: number, lua: string): void;
  /** Told each time that the connection is up, also the first; the returned function ends it. */
  onReady(then: () => void): () => void;
  listen(heard: (channel: string, payload: string) => void, ready: () => void): Listener;
  close(): Promise<void>;
}

/** A connection of its own that hears channels. Subscriptions end with a lost connection: `ready` says so. */
export interface Listener {
  subscribe(channels: readonly string[]): Promise<void>;
  unsubscribe(channels: readonly string[]): Promise<void>;
  /** Finds out whether anybody is there; a silent connection is given up. */
  ping(): void;
  close(): void;
}

/** Told once for each change, however often connecting is tried meanwhile. */
export interface RedisEvent {
  readonly kind: "connected" | "away";
  readonly detail: string;
}

export interface RedisOptions {
  readonly url: string;
  readonly namespace: string;
  readonly onEvent?: (event: RedisEvent) => void;
  /** A connection that owes an answer for that long is given up. */
  readonly silentMs?: number;
}

export function openRedis(options: RedisOptions): Redis {
  const { url, namespace, onEvent = () => {}, silentMs = 2_000 } = options;
  const open = () => openClient(url, silentMs);
  const client = open();
  const readyListeners = new Set<() => void>();
  let told: RedisEvent["kind"] | null = null;
  let lastError = "";
  const tell = (kind: RedisEvent["kind"], detail: string) => {
    if (told !== kind) onEvent({ kind, detail });
    told = kind;
  };
  client.on("error", (error: Error) => {
    lastError = error.message;
  });
  client.on("close", () => {
    if (!isClosed) tell("away", lastError || "the connection ended");
  });
  client.on("ready", () => {
    tell("connected", "");
    for (const then of readyListeners) then();
  });
  let isClosed = false;

  return {
    namespace,
    isReady: () => client.status === "ready",
    async ask(calls) {
      if (client.status !== "ready") throw new Error("Redis is away");
      const answers = await client.pipeline(calls as unknown as unknown[][]).exec();
      return (answers ?? []).map(([error, answer]) => {
        if (error) throw error;
        return answer;
      });
    },
    script: (name, numberOfKeys, lua) => client.defineCommand(name, { numberOfKeys, lua }),
    onReady(then) {
      readyListeners.add(then);
      if (client.status === "ready") queueMicrotask(then);
      return () => readyListeners.delete(then);
    },
    listen: (heard, ready) => openListener(open(), heard, ready),
    async close() {
      isClosed = true;
      readyListeners.clear();
      client.disconnect();
    },
  };
}

function openListener(
  client: Client,
  heard: (channel: string, payload: string) => void,
  ready: () => void,
): Listener {
  client.on("error", () => {});
  client.on("message", heard);
  client.on("ready", ready);
  const ifReady = async (work: () => Promise<unknown>): Promise<void> => {
    if (client.status !== "ready") throw new Error("Redis is away");
    await work();
  };
  return {
    subscribe: (channels) => ifReady(() => client.subscribe(...channels)),
    unsubscribe: (channels) => ifReady(() => client.unsubscribe(...channels)),
    ping: () => void ifReady(() => client.ping()).catch(() => {}),
    close: () => client.disconnect(),
  };
}

const retryMsMax = 1_000;

function openClient(url: string, silentMs: number): Client {
  return new Client(url, {
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: silentMs,
    socketTimeout: silentMs,
    keepAlive: 5_000,
    // A primary that has become a replica: whoever is the primary now is found by connecting anew.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    retryStrategy: (times) => Math.min(retryMsMax, 50 * 2 ** Math.min(times, 5)) * (0.5 + Math.random() / 2),
  });
}
