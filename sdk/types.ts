// What the client library promises to those who use it: the client, its parts, and what it tells.
// A call that may be refused answers with a Result; nothing here throws for what a person can do wrong.

import type { ConversationId, MemberNo, MessageName, Rev, Seq, SessionId, UserId } from "#base/ids.ts";
import type { Result } from "#base/result.ts";
import type { Subprotocol } from "#protocol/frames.ts";
import type { RefusalCode } from "#protocol/refusals.ts";
import type { Fetch, WebSocketConstructor } from "./platform.ts";
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

/** Codes of the HTTP API beyond those of the wire, and the few that the library itself gives. */
export type ApiRefusalCode =
  | "bad_request"
  | "bad_json"
  | "invalid_handle"
  | "invalid_password"
  | "wrong_credentials"
  | "wrong_password"
  | "wrong_origin"
  | "sign_up_closed"
  | "invitation_invalid"
  | "not_found"
  | "unknown_user"
  | "unknown_session"
  | "method_not_allowed"
  | "handle_taken"
  | "unsupported_media_type"
  | "internal";
export type LocalRefusalCode =
  /** No answer came: offline, or the server is away. */
  | "unreachable"
  /** The library's own queue is full, see `maxima` in sdk/maxima.ts. */
  | "queue_full"
  /** The person discarded the message. */
  | "discarded"
  /** The client was stopped before an answer came; whether it took effect is unknown. */
  | "stopped";
export type AnyRefusalCode = RefusalCode | ApiRefusalCode | LocalRefusalCode;

export interface Refusal {
  /** Known codes are listed in the type; a newer server may give others. */
  readonly code: AnyRefusalCode | (string & {});
  /** For people, in English; never repeats what they sent. */
  readonly message: string;
  readonly retryAfterMs?: number;
}
export type Answer<T> = Promise<Result<T, Refusal>>;

// ---- people -------------------------------------------------------------------------------------------------

export interface Person {
  readonly user: UserId;
  readonly handle: string;
  readonly displayName: string;
  /** A program, not a person; told with profiles, not with members. */
  readonly isBot?: boolean;
}

export interface Account extends Person {
  readonly isOwner: boolean;
  readonly createdAt: number;
}

/** Who this client is logged in as; null before the first `welcome` or answer. */
export interface Me {
  readonly user: UserId;
  /** Absent while known from the store only. */
  readonly session?: SessionId;
  /** Absent until the server told it (a moment after start, or at once from the store). */
  readonly account?: Account;
}

export interface DeviceSession {
  readonly session: SessionId;
  readonly device: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly current: boolean;
}

export interface LoggedIn {
  readonly account: Account;
  readonly session: SessionId;
  /** Absent with `auth: "cookie"`. */
  readonly token?: string;
}

export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  /** "first": nobody has an account yet; the first one becomes owner. */
  readonly signUp: "first" | "open" | "invitation" | "closed";
  readonly protocolVersions: readonly number[];
}

export interface AccountApi {
  /** The client uses the new session from now on; call `start()` after it. */
  signUp(wish: {
    handle: string;
    displayName?: string;
    password: string;
    invitation?: string;
  }): Answer<LoggedIn>;
  logIn(wish: { handle: string; password: string }): Answer<LoggedIn>;
  /** Revokes this session, stops the client and empties its store. */
  logOut(): Answer<void>;
  me(): Answer<{ account: Account; session: SessionId }>;
  sessions(): Answer<readonly DeviceSession[]>;
  revoke(session: SessionId): Answer<void>;
  revokeOthers(): Answer<{ revoked: number }>;
  rename(displayName: string): Answer<Account>;
  /** Revokes the account's other sessions. */
  changePassword(wish: { current: string; next: string }): Answer<void>;
  serverInfo(): Answer<ServerInfo>;
  /** An account for a program, and the token with which it connects, told this once. */
  makeBot(wish: { handle: string; displayName?: string }): Answer<{ bot: Person; token: string }>;
  /** Those that this account made. */
  bots(): Answer<{ bots: readonly Person[] }>;
  /** A new token for a bot; the sessions of the old one end. */
  renewBotToken(bot: UserId): Answer<{ bot: Person; token: string }>;
  /** Ends all sessions of a bot. */
  silenceBot(bot: UserId): Answer<void>;
  /** For the owner of the installation. */
  invite(wish?: { uses?: number; days?: number }): Answer<{ token: string; url: string; expiresAt: number }>;
}

export interface Channel {
  readonly conversation: ConversationId;
  readonly title: string;
  readonly memberCount: number;
  readonly joined: boolean;
}

export interface Directory {
  search(words: string, limit?: number): Answer<readonly Person[]>;
  /** From the cache or, asked together with others of the same moment, from the server. Unknown ids are left out. */
  people(users: readonly UserId[]): Answer<readonly Person[]>;
  /** What the cache knows at once. */
  cached(user: UserId): Person | undefined;
  channels(words?: string, limit?: number): Answer<readonly Channel[]>;
}

// ---- conversations ------------------------------------------------------------------------------------------

export type ConversationKind = "direct" | "group" | "channel";
export type Role = "owner" | "admin" | "member";

export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  readonly mine: boolean;
}

/** A message as numbered and stored by the server. Deleted: `deletedAt` is set and the text is empty. */
export interface Message {
  readonly rev: Rev;
  readonly seq: Seq;
  readonly author: MemberNo;
  readonly at: number;
  readonly text: string;
  readonly name?: MessageName;
  readonly replyTo?: Seq;
  readonly editedAt?: number;
  readonly deletedAt?: number;
  readonly reactions: readonly Reaction[];
}

/** One line in the list of conversations. */
export interface ConversationItem {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  /** The title or, in a direct conversation, the other person's name. */
  readonly title: string;
  /** Direct conversations: the other person. */
  readonly other?: Person;
  readonly role: Role;
  readonly memberCount: number;
  /** lastSeq - readSeq. */
  readonly unread: number;
  readonly lastSeq: Seq;
  readonly readSeq: Seq;
  readonly lastMessage?: Message;
  readonly lastAuthorName?: string;
  /** When something was last said here (or the conversation made): the list's order, newest first. */
  readonly activeAt: number;
}

export interface Member extends Person {
  readonly member: MemberNo;
  readonly role: Role;
  readonly active: boolean;
}

export interface Conversations {
  /** Newest activity first. Filled from the store at `start()`, then kept up to date. */
  readonly list: readonly ConversationItem[];
  /** True once the server's list has been seen in this run. */
  readonly complete: boolean;
  item(id: ConversationId): ConversationItem | undefined;
  create(wish: { kind: ConversationKind; title?: string; users: readonly UserId[] }): Answer<ConversationId>;
  join(id: ConversationId): Answer<void>;
  leave(id: ConversationId): Answer<void>;
  rename(id: ConversationId, title: string): Answer<void>;
  addMembers(id: ConversationId, users: readonly UserId[]): Answer<void>;
  removeMember(id: ConversationId, user: UserId): Answer<void>;
  setRole(id: ConversationId, user: UserId, role: Role): Answer<void>;
  /** One page of members in the order of their numbers; `next` goes into `after`. */
  members(
    id: ConversationId,
    page?: { after?: number; limit?: number },
  ): Answer<{ members: readonly Member[]; next?: number }>;
}

/** sending: named and kept, not yet acknowledged. failed: refused for good; retry or discard it. */
export type MessageStatus = "sent" | "sending" | "failed";

/** A message as a page shows it: a stored one, or one that is on its way. */
export interface ShownMessage {
  /** Stays the same when an echo becomes the real message. */
  readonly key: string;
  readonly status: MessageStatus;
  readonly mine: boolean;
  /** Absent while on its way. */
  readonly seq?: Seq;
  readonly name?: MessageName;
  /** 0 where one's own number is not known yet. */
  readonly author: MemberNo;
  readonly at: number;
  readonly text: string;
  readonly replyTo?: Seq;
  readonly editedAt?: number;
  readonly deletedAt?: number;
  readonly reactions: readonly Reaction[];
  /** An edit, delete or reaction of one's own that is shown but not acknowledged yet. */
  readonly changing: boolean;
  /** Why it failed. */
  readonly refusal?: Refusal;
}

export interface Receipt {
  readonly rev: Rev;
  readonly seq: Seq;
  readonly at: number;
}

/**
 * One conversation, opened. It tells `change` after anything below may read differently. Open views are what the
 * server is told that this client looks at (typing and read cursors come only for those); close what is not shown.
 */
export interface ConversationView {
  readonly id: ConversationId;
  readonly item: ConversationItem | undefined;
  /** One unbroken run of messages by rising number; when it ends at the newest, what is on its way follows. */
  readonly messages: readonly ShownMessage[];
  /** Whether older / newer messages exist that this run does not hold. */
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  readonly loading: boolean;
  /** The first unread message when the view was opened at unread: where to draw the line. */
  readonly unreadFrom: Seq | undefined;
  readonly typing: readonly MemberNo[];
  /** How far each other member has read (conversations up to `limits.receiptsMembersMax`). */
  readonly readCursors: ReadonlyMap<MemberNo, Seq>;
  /** What the cache knows; an unknown number is asked for, and `change` follows. */
  member(member: MemberNo): Member | undefined;
  /** All members known so far. */
  readonly knownMembers: readonly Member[];

  openAtHead(): Answer<void>;
  openAtUnread(): Answer<void>;
  openAround(seq: Seq): Answer<void>;
  loadBefore(limit?: number): Answer<void>;
  loadAfter(limit?: number): Answer<void>;

  /** Named, kept and shown; sent as soon as possible. Refused only where the outbox is full or the text is too large. */
  send(text: string, options?: { replyTo?: Seq }): Answer<MessageName>;
  /** Fulfils when the server has numbered it, or refused it for good. */
  sent(name: MessageName): Answer<Receipt>;
  retry(name: MessageName): void;
  discard(name: MessageName): void;
  edit(seq: Seq, text: string): Answer<Receipt>;
  remove(seq: Seq): Answer<Receipt>;
  react(seq: Seq, emoji: string, on: boolean): Answer<Receipt>;
  markRead(seq: Seq): void;
  /** Call at each keystroke; told to the others at most every `limits.typingEveryMs`. */
  type(): void;

  on<E extends keyof ViewEvents>(event: E, listener: (data: ViewEvents[E]) => void): () => void;
  close(): void;
}

export interface ViewEvents {
  change: undefined;
}

export interface PresenceOf {
  readonly user: UserId;
  readonly online: boolean;
  readonly lastSeenAt?: number;
}

export interface PresenceApi {
  /** Asks the server to tell about these people until the returned function is called. */
  watch(users: readonly UserId[]): () => void;
  of(user: UserId): PresenceOf | undefined;
}

// ---- the client ---------------------------------------------------------------------------------------------

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
