// Accounts, their sessions and invitations, user side. Rules P24 - P29 in ports/SPEC.md.
//
// P24 a handle is one account's for ever, compared in lower case; the second gets "handle_taken".
// P25 exactly one account becomes owner of the installation: the first, also when two come at once.
// P26 tokens are stored as hashes only; an expired or revoked session does not authenticate.
// P27 revoking a session is visible to the next authenticate.
// P28 an invitation admits as many as it says, also under concurrent use, and none after it expired.
// P86 stillOpen says of each session, in one round trip, whether it was neither revoked nor has expired.
// P89 a bot is an account and its sessions say so; its maker has at most as many as asked, also when many are made at once.
// P29 authenticate answers in the order asked, with one round trip for all.

import type { SessionId, UserId } from "#base/ids.ts";
import type { Result } from "#base/result.ts";

export interface Account {
  readonly user: UserId;
  readonly handle: string;
  readonly displayName: string;
  /** Owner of the installation: may invite, and change what others may do. */
  readonly isOwner: boolean;
  /** A program, made by a person. */
  readonly isBot: boolean;
  readonly createdAt: number;
}

export interface NewAccount {
  readonly user: UserId;
  readonly handle: string;
  readonly displayName: string;
  /** A PHC string ($argon2id$...). */
  readonly passwordHash: string;
  readonly createdAt: number;
  /** SHA-256 of the invitation's token, when one is needed. */
  readonly invitationHash?: Uint8Array;
  /** Whether an account other than the first is let in without an invitation. */
  readonly open: boolean;
}

export interface Session {
  readonly user: UserId;
  readonly session: SessionId;
  /** What the person sees in the list of devices. */
  readonly device: string;
  readonly isBot: boolean;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
}

export interface NewSession extends Session {
  /** SHA-256 of the token's secret part. */
  readonly secretHash: Uint8Array;
}

export interface Accounts {
  create(
    account: NewAccount,
  ): Promise<Result<Account, "handle_taken" | "sign_up_closed" | "invitation_invalid">>;
  /** An account of a program for `maker`, who then has at most `botsMax` of them. */
  createBot(
    bot: Omit<NewAccount, "open" | "invitationHash">,
    maker: UserId,
    botsMax: number,
  ): Promise<Result<Account, "handle_taken" | "too_many">>;
  /** Those that `maker` made, oldest first. */
  bots(maker: UserId): Promise<readonly Account[]>;
  /** With the stored hash, for log-in. */
  byHandle(handle: string): Promise<{ account: Account; passwordHash: string } | null>;
  accounts(users: readonly UserId[]): Promise<readonly (Account | null)[]>;
  /**
   * Handles and display names that contain `words`, whose handle it is before the others, these by handle; of thousands
   * that do, as many of those that were found first. One or two of a - z and 0 - 9 are looked for where words begin.
   */
  search(words: string, count: number): Promise<readonly Account[]>;
  rename(user: UserId, displayName: string): Promise<Account | null>;
  setPassword(user: UserId, passwordHash: string): Promise<void>;
  anyAccount(): Promise<boolean>;

  openSession(session: NewSession): Promise<void>;
  sessions(user: UserId): Promise<readonly Session[]>;
  /** The live session of each token, in the order asked; null where it is unknown, wrong, expired or revoked. */
  authenticate(
    tokens: readonly { user: UserId; session: SessionId; secretHash: Uint8Array }[],
    now: number,
  ): Promise<readonly (Session | null)[]>;
  /** Whether each session still lives, in the order asked: for who may have missed that one was revoked. */
  stillOpen(
    sessions: readonly { user: UserId; session: SessionId }[],
    now: number,
  ): Promise<readonly boolean[]>;
  /** Sets when they were last seen, and moves the end of their life to `expiresAt`. */
  touch(
    sessions: readonly { user: UserId; session: SessionId }[],
    at: number,
    expiresAt: number,
  ): Promise<void>;
  /** False when there was none. */
  revoke(user: UserId, session: SessionId): Promise<boolean>;
  /** All of a user's sessions but `keep`; the ones revoked. */
  revokeOthers(user: UserId, keep: SessionId | null): Promise<readonly SessionId[]>;

  invite(invitation: {
    tokenHash: Uint8Array;
    createdBy: UserId;
    createdAt: number;
    expiresAt: number;
    uses: number;
  }): Promise<void>;
}
