// A new session for a device: its token is made here, told once, and kept as a hash only.

import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { type SessionId, uuidV7 } from "#base/ids.ts";
import { secondMs } from "#base/units.ts";
import type { SessionLife } from "#core/accounts/session.ts";
import { hashSecret, makeToken, secretBytes, sessionCookie } from "#core/accounts/token.ts";
import type { Account, Accounts, Session } from "#ports/accounts.ts";
import type { Chance } from "#ports/chance.ts";
import type { Clock } from "#ports/clock.ts";
import { httpLimits } from "#protocol/limits.ts";
import { accountView, sessionView } from "./account-views.ts";
import type { Env } from "./http.ts";

export interface OpenSessionParts {
  readonly accounts: Pick<Accounts, "openSession">;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly life: SessionLife;
}

export interface Wish {
  readonly device?: string | undefined;
  readonly cookie?: boolean | undefined;
}

/** The session and its token, which is told this once. */
export async function newToken(
  parts: OpenSessionParts,
  account: Account,
  device: string,
): Promise<{ session: Session; token: string }> {
  const now = parts.clock.now();
  const secret = parts.chance.bytes(secretBytes);
  const session: Session = {
    user: account.user,
    session: uuidV7(now, parts.chance.bytes(10)) as SessionId,
    device,
    isBot: account.isBot,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + parts.life.lifeMs,
  };
  await parts.accounts.openSession({ ...session, secretHash: hashSecret(secret) });
  return { session, token: makeToken(account.user, session.session, secret) };
}

export async function openSession(parts: OpenSessionParts, c: Context<Env>, account: Account, wish: Wish) {
  const device = wish.device ?? deviceOf(c.req.header("User-Agent"));
  const { session, token } = await newToken(parts, account, device);
  const answer = { account: accountView(account), session: sessionView(session, session.session) };
  if (!wish.cookie) return { ...answer, token };
  setCookie(c, sessionCookie, token, cookieForm(c.env.secure, parts.life.lifeMs / secondMs));
  return answer;
}

export function dropCookie(c: Context<Env>): void {
  deleteCookie(c, sessionCookie, cookieForm(c.env.secure));
}

function cookieForm(secure: boolean, maxAge?: number) {
  const form = { httpOnly: true, sameSite: "Lax", path: "/", secure } as const;
  return maxAge === undefined ? form : { ...form, maxAge: Math.floor(maxAge) };
}

function deviceOf(userAgent: string | undefined): string {
  const name = (userAgent ?? "").replace(/[^\x20-\x7e]/g, "").trim();
  return name === "" ? "Unknown device" : name.slice(0, httpLimits.deviceCharsMax);
}
