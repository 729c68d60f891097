// Accounts, sessions and invitations in memory, with the semantics of PostgreSQL's: rules P24 - P29 and P89.

import type { SessionId, UserId } from "#base/ids.ts";
import { ok, type Result, refused } from "#base/result.ts";
import type { Account, Accounts, NewAccount, NewSession, Session } from "#ports/accounts.ts";
import type { Access } from "./access.ts";
import type { MemoryStore, StoredAccount } from "./store.ts";

export function openAccounts(store: MemoryStore, access: Access): Accounts {
  const found = (user: UserId) => store.accounts.get(user);
  return {
    create: (wanted) => access.run("accounts.create", () => create(store, wanted)),
    createBot: (wanted, maker, botsMax) =>
      access.run("accounts.createBot", () => createBot(store, wanted, maker, botsMax)),
    bots: (maker) => access.run("accounts.bots", () => botsOf(store, maker)),
    byHandle: (handle) =>
      access.run("accounts.byHandle", () => {
        const stored = found(store.userByHandle.get(handle.toLowerCase()) ?? ("" as UserId));
        return stored ? { account: stored.account, passwordHash: stored.passwordHash } : null;
      }),
    accounts: (users) =>
      access.run("accounts.accounts", () => users.map((user) => found(user)?.account ?? null)),
    search: (words, count) => access.run("accounts.search", () => search(store, words).slice(0, count)),
    rename: (user, displayName) =>
      access.run("accounts.rename", () => {
        const account = found(user)?.account;
        return account ? change(store, user, { account: { ...account, displayName } }).account : null;
      }),
    setPassword: (user, passwordHash) =>
      access.run("accounts.setPassword", () => {
        if (found(user)) change(store, user, { passwordHash });
      }),
    anyAccount: () => access.run("accounts.anyAccount", () => store.accounts.size > 0),
    ...openSessions(store, access),
    invite: ({ tokenHash, expiresAt, uses }) =>
      access.run("accounts.invite", () => {
        store.invitations.set(hexOf(tokenHash), { expiresAt, usesLeft: uses });
      }),
  };
}

type SessionCalls =
  | "openSession"
  | "sessions"
  | "authenticate"
  | "stillOpen"
  | "touch"
  | "revoke"
  | "revokeOthers";

function openSessions(store: MemoryStore, access: Access): Pick<Accounts, SessionCalls> {
  const sessionsOf = (user: UserId) => store.accounts.get(user)?.sessions ?? new Map<SessionId, NewSession>();
  return {
    openSession: (session) =>
      access.run("accounts.openSession", () => {
        sessionsOf(session.user).set(session.session, session);
      }),
    sessions: (user) =>
      access.run("accounts.sessions", () =>
        [...sessionsOf(user).values()].map(withoutHash).sort((a, b) => b.createdAt - a.createdAt),
      ),
    authenticate: (tokens, now) =>
      access.run("accounts.authenticate", () =>
        tokens.map((token) => {
          const stored = sessionsOf(token.user).get(token.session);
          const live = stored && stored.expiresAt > now && sameBytes(stored.secretHash, token.secretHash);
          return live ? withoutHash(stored) : null;
        }),
      ),
    stillOpen: (asked, now) =>
      access.run("accounts.stillOpen", () =>
        asked.map(({ user, session }) => (sessionsOf(user).get(session)?.expiresAt ?? 0) > now),
      ),
    touch: (touched, at, expiresAt) =>
      access.run("accounts.touch", () => {
        for (const { user, session } of touched) {
          const stored = sessionsOf(user).get(session);
          if (stored && stored.expiresAt > at) sessionsOf(user).set(session, laterOf(stored, at, expiresAt));
        }
      }),
    revoke: (user, session) => access.run("accounts.revoke", () => sessionsOf(user).delete(session)),
    revokeOthers: (user, keep) =>
      access.run("accounts.revokeOthers", () => {
        const revoked = [...sessionsOf(user).keys()].filter((session) => session !== keep);
        for (const session of revoked) sessionsOf(user).delete(session);
        return revoked;
      }),
  };
}

function create(
  store: MemoryStore,
  wanted: NewAccount,
): Result<Account, "handle_taken" | "sign_up_closed" | "invitation_invalid"> {
  const isOwner = store.accounts.size === 0;
  const key = wanted.invitationHash && hexOf(wanted.invitationHash);
  const invitation = key === undefined ? undefined : store.invitations.get(key);
  if (!isOwner && !wanted.open) {
    if (key === undefined) return refused("sign_up_closed");
    if (!invitation || invitation.usesLeft < 1 || invitation.expiresAt <= wanted.createdAt)
      return refused("invitation_invalid");
  }
  if (store.userByHandle.has(wanted.handle.toLowerCase())) return refused("handle_taken");
  if (!isOwner && !wanted.open && key !== undefined && invitation)
    store.invitations.set(key, { ...invitation, usesLeft: invitation.usesLeft - 1 });
  return ok(enter(store, wanted, { isOwner, isBot: false }));
}

function createBot(
  store: MemoryStore,
  wanted: Omit<NewAccount, "open" | "invitationHash">,
  maker: UserId,
  botsMax: number,
): Result<Account, "handle_taken" | "too_many"> {
  if (botsOf(store, maker).length >= botsMax) return refused("too_many");
  if (store.userByHandle.has(wanted.handle.toLowerCase())) return refused("handle_taken");
  const bot = enter(store, wanted, { isOwner: false, isBot: true });
  store.bots.set(maker, [...(store.bots.get(maker) ?? []), bot.user]);
  return ok(bot);
}

function botsOf(store: MemoryStore, maker: UserId): Account[] {
  const bots = (store.bots.get(maker) ?? []).map((bot) => store.accounts.get(bot)!.account);
  return bots.sort((a, b) => a.createdAt - b.createdAt || (a.user < b.user ? -1 : 1));
}

function enter(
  store: MemoryStore,
  { user, handle, displayName, createdAt, passwordHash }: Omit<NewAccount, "open" | "invitationHash">,
  is: { isOwner: boolean; isBot: boolean },
): Account {
  const account: Account = { user, handle, displayName, ...is, createdAt };
  store.accounts.set(user, { account, passwordHash, sessions: new Map() });
  store.userByHandle.set(handle.toLowerCase(), user);
  return account;
}

/** Looked for where words begin. */
const isShort = /^[a-z0-9]{1,2}$/;

function search(store: MemoryStore, words: string): Account[] {
  const wanted = words.toLowerCase();
  const isIn = isShort.test(wanted)
    ? (text: string) => text.split(/[ ._-]/).some((word) => word.startsWith(wanted))
    : (text: string) => text.includes(wanted);
  return [...store.accounts.values()]
    .map((stored) => stored.account)
    .filter(({ handle, displayName }) => [handle, displayName].some((text) => isIn(text.toLowerCase())))
    .map((account) => ({ account, place: account.handle.toLowerCase() }))
    .sort((a, b) => Number(b.place === wanted) - Number(a.place === wanted) || (a.place < b.place ? -1 : 1))
    .map(({ account }) => account);
}

function change(store: MemoryStore, user: UserId, wish: Partial<StoredAccount>): StoredAccount {
  const changed = { ...store.accounts.get(user)!, ...wish };
  store.accounts.set(user, changed);
  return changed;
}

function withoutHash({
  user,
  session,
  device,
  isBot,
  createdAt,
  lastSeenAt,
  expiresAt,
}: NewSession): Session {
  return { user, session, device, isBot, createdAt, lastSeenAt, expiresAt };
}

function laterOf(session: NewSession, at: number, expiresAt: number): NewSession {
  return {
    ...session,
    lastSeenAt: Math.max(session.lastSeenAt, at),
    expiresAt: Math.max(session.expiresAt, expiresAt),
  };
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
