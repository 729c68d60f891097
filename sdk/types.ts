// What the client library promises to those who use it: the client, what it is given, and what it tells. Its parts
// are in account-types.ts and conversation-types.ts.
// A call that may be refused answers with a Result; nothing here throws for what a person can do wrong.

import type { ConversationId, MemberNo, MessageName } from "#base/ids.ts";
import type { Subprotocol } from "#protocol/frames.ts";
import type { AccountApi, Directory, Me, PresenceApi, PresenceOf } from "./account-types.ts";
import type { Conversations, ConversationView, Message } from "./conversation-types.ts";
import type { Fetch, WebSocketConstructor } from "./platform.ts";
import type { Refusal } from "./refusals.ts";
import type { Store } from "./store.ts";

/** Time, handed in so that a simulation moves it. The default is the machine's. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `then` once after `delayMs`; the returned function takes it back. */
  after(delayMs: number, then: () => void): () => void;
}

/** Randomness, handed in so that a simulation draws it from a seed. The default is unpredictable. */
export interface Chance {
  bytes(count: number): Uint8Array;
  /** In [0, 1), for jitter. */
  fraction(): number;
}

export interface ClientOptions {
  /** The server, as in "https://chat.example.org". Pages of the server itself may leave it to `location.origin`. */
  readonly url: string;
  /** From an earlier sign-up or log-in. Without one, browsers rely on the server's cookie. */
  readonly token?: string;
  /** "cookie": the server keeps the token in an HttpOnly cookie (default in pages); "token": the caller keeps it. */
  readonly auth?: "cookie" | "token";
  /** Where unsent messages and what was seen last survive a reload. Default: memory only. */
  readonly store?: Store;
  readonly fetch?: Fetch;
  /** Needed where there is no global WebSocket (Node 20): the class exported by `ws`. */
  readonly WebSocket?: WebSocketConstructor;
  readonly clock?: Clock;
  readonly chance?: Chance;
  /** Default: the compact one, "banyan.v1.msgpack". */
  readonly subprotocol?: Subprotocol;
  /** What the person reads in the list of their devices. */
  readonly device?: string;
  /** Report by number what was shown, where the server keeps an audit. Default: when it asks. true: offer; false: never. */
  readonly audit?: boolean;
}

export type WaitReason = "offline" | "closed" | "silent" | "draining" | "refused" | "unreachable";

export type StopReason = "asked" | "not_authenticated" | "unsupported_version";

export type ClientState =
  | { readonly kind: "stopped"; readonly reason: StopReason }
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** `retryAt`: milliseconds since 1970. */
  | { readonly kind: "waiting"; readonly retryAt: number; readonly reason: WaitReason };

export interface ClientEvents {
  state: ClientState;
  /** Who one is became known or changed. */
  me: Me | null;
  /** The list of conversations reads differently. */
  conversations: undefined;
  /** Something in this conversation changed. */
  conversation: ConversationId;
  /** A message that this client had not seen. `missed`: it came by catching up, not as it was said. */
  message: {
    readonly conversation: ConversationId;
    readonly message: Message;
    readonly mine: boolean;
    readonly missed: boolean;
  };
  typing: { readonly conversation: ConversationId; readonly members: readonly MemberNo[] };
  presence: PresenceOf;
  /** A command that nobody waits for was refused, or a message failed (then with its name). */
  refused: {
    readonly refusal: Refusal;
    readonly conversation?: ConversationId;
    readonly name?: MessageName;
  };
  /** This conversation was too far behind: its cached messages were dropped and are loaded anew. */
  resynced: ConversationId;
  /** This conversation is no longer one's own (left, removed, or never was). */
  left: ConversationId;
  /** The store cannot keep things (private mode, full disk): unsent messages will not survive a reload. */
  storageFailed: { readonly message: string };
}

export interface Client {
  readonly state: ClientState;
  readonly me: Me | null;
  readonly account: AccountApi;
  readonly directory: Directory;
  readonly conversations: Conversations;
  readonly presence: PresenceApi;
  /** The view of a conversation; opened twice, it is the same one until it was closed as often. */
  conversation(id: ConversationId): ConversationView;
  /** Loads the store, then connects and stays connected until `stop()`. Fulfils when the store is loaded. */
  start(): Promise<void>;
  /** Ends the connection and writes what the store shall keep. The client may be started again. */
  stop(): Promise<void>;
  /** Hint that the network came back or the page is looked at again: tries or checks the connection now. */
  wake(): void;
  on<E extends keyof ClientEvents>(event: E, listener: (data: ClientEvents[E]) => void): () => void;
}
