// Who is calling: the token of the Authorization header or of the cookie, known from before or asked of the store
// together with those of the other requests of this moment. A cookie alone does not authenticate what changes something: the
// request must also come from a page of this site.

import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { Gather } from "#base/gather.ts";
import { isOwnOrigin } from "#core/accounts/origin.ts";
import { needsTouch, type SessionLife } from "#core/accounts/session.ts";
import { type PresentedToken, parseToken, sessionCookie } from "#core/accounts/token.ts";
import type { Accounts, Session } from "#ports/accounts.ts";
import type { Clock } from "#ports/clock.ts";
import { refuse } from "./errors.ts";
import type { Env } from "./http.ts";
import type { KnownSessions } from "./known-sessions.ts";
import { addressKey, type Rates } from "./rates.ts";

const tokensAtOnceMax = 200;
const tokensWaitingMax = 20_000;

export interface AuthenticateParts {
  readonly accounts: Pick<Accounts, "touch">;
  readonly known: KnownSessions;
  readonly clock: Clock;
  readonly life: SessionLife;
  readonly rates: Pick<Rates, "request">;
  readonly publicUrl: string | null;
  readonly noteFailure: (error: unknown) => void;
}

export function authenticate(parts: AuthenticateParts): MiddlewareHandler<Env> {
  const sessionOf = openSessions(parts);
  return async (c, next) => {
    const shown = shownToken(c);
    const token = shown && parseToken(shown.text);
    const found = token ? sessionOf(token) : null;
    const session = found instanceof Promise ? await found : found;
    const key = session ? session.session : addressKey(c.env.remoteAddress);
    const waitMs = await parts.rates.request(key);
    if (waitMs > 0) return refuse(c, "rate_limited", { retryAfterMs: waitMs });
    if (!shown || !session) return refuse(c, "not_authenticated");
    if (shown.isCookie && !isSafe(c.req.method) && !isFromOwnPage(c, parts.publicUrl)) {
      return refuse(c, "wrong_origin");
    }
    c.set("caller", { user: session.user, session: session.session, isBot: session.isBot });
    return next();
  };
}

/** For routes without a session: so many requests of one address. */
export function limitAddress(rates: Pick<Rates, "request">): MiddlewareHandler<Env> {
  return async (c, next) => {
    const waitMs = await rates.request(addressKey(c.env.remoteAddress));
    return waitMs > 0 ? refuse(c, "rate_limited", { retryAfterMs: waitMs }) : next();
  };
}

function openSessions({ accounts, known, clock, life, noteFailure }: AuthenticateParts) {
  const together = new Gather<PresentedToken, Session | null>({
    work: (tokens) => known.read(tokens),
    batchMax: tokensAtOnceMax,
    queueMax: tokensWaitingMax,
  });
  const lasting = (token: PresentedToken, session: Session | null) => {
    const now = clock.now();
    if (session && needsTouch(session, life, now)) {
      known.touched(token, now, now + life.lifeMs);
      accounts.touch([session], now, now + life.lifeMs).catch(noteFailure);
    }
    return session;
  };
  return (token: PresentedToken): Session | null | Promise<Session | null> => {
    const session = known.get(token);
    return session ? lasting(token, session) : together.ask(token).then((asked) => lasting(token, asked));
  };
}

function shownToken(c: Context<Env>): { text: string; isCookie: boolean } | null {
  const header = c.req.header("Authorization");
  if (header !== undefined) {
    const [, text] = /^Bearer +(\S+) *$/i.exec(header) ?? [];
    return text === undefined ? null : { text, isCookie: false };
  }
  const text = getCookie(c, sessionCookie);
  return text === undefined ? null : { text, isCookie: true };
}

function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function isFromOwnPage(c: Context<Env>, publicUrl: string | null): boolean {
  return isOwnOrigin(c.req.header("Origin") ?? null, c.req.header("Host") ?? null, publicUrl);
}
