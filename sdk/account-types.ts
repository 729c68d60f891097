// What the client library tells of accounts and people, and what one can do about one's own.

import type { ConversationId, SessionId, UserId } from "#base/ids.ts";
import type { Answer } from "./refusals.ts";

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
