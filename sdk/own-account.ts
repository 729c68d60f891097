// One's own account and its devices. Logging in and out changes who the client is; it is told so.

import type { SessionId, UserId } from "#base/ids.ts";
import { ok } from "#base/result.ts";
import type { Account, AccountApi, DeviceSession, LoggedIn, Person, ServerInfo } from "./account-types.ts";
import type { Http } from "./http.ts";
import type { Answer } from "./refusals.ts";

export interface AccountListener {
  loggedIn(account: Account, session: SessionId, token: string | undefined): void;
  loggedOut(): Promise<void>;
  renamed(account: Account): void;
}

export interface AccountParts {
  readonly http: Http;
  readonly usesCookie: boolean;
  readonly device: string | undefined;
}

type LogInAnswer = { account: Account; session: { session: SessionId }; token?: string };

export class OwnAccount implements AccountApi {
  constructor(
    readonly parts: AccountParts,
    readonly listener: AccountListener,
  ) {}

  signUp(wish: {
    handle: string;
    displayName?: string;
    password: string;
    invitation?: string;
  }): Answer<LoggedIn> {
    return this.#enter("/v1/accounts", wish);
  }

  logIn(wish: { handle: string; password: string }): Answer<LoggedIn> {
    return this.#enter("/v1/sessions", wish);
  }

  async logOut(): Answer<void> {
    const out = await this.revoke("current" as SessionId);
    if (!out.ok && out.refusal.code !== "not_authenticated") return out;
    await this.listener.loggedOut();
    return ok(undefined);
  }

  me(): Answer<{ account: Account; session: SessionId }> {
    return this.parts.http.get("/v1/me");
  }

  async sessions(): Answer<readonly DeviceSession[]> {
    const read = await this.parts.http.get<{ sessions: DeviceSession[] }>("/v1/sessions");
    return read.ok ? ok(read.value.sessions) : read;
  }

  revoke(session: SessionId): Answer<void> {
    return this.parts.http.request("DELETE", `/v1/sessions/${session}`);
  }

  revokeOthers(): Answer<{ revoked: number }> {
    return this.parts.http.request("POST", "/v1/sessions/revoke-others");
  }

  async rename(displayName: string): Answer<Account> {
    const renamed = await this.parts.http.request<{ account: Account }>("PATCH", "/v1/me", { displayName });
    if (!renamed.ok) return renamed;
    this.listener.renamed(renamed.value.account);
    return ok(renamed.value.account);
  }

  changePassword(wish: { current: string; next: string }): Answer<void> {
    return this.parts.http.request("PUT", "/v1/me/password", wish);
  }

  serverInfo(): Answer<ServerInfo> {
    return this.parts.http.get("/v1/server");
  }

  makeBot(wish: { handle: string; displayName?: string }): Answer<{ bot: Person; token: string }> {
    return this.parts.http.request("POST", "/v1/bots", wish);
  }

  bots(): Answer<{ bots: readonly Person[] }> {
    return this.parts.http.get("/v1/bots");
  }

  renewBotToken(bot: UserId): Answer<{ bot: Person; token: string }> {
    return this.parts.http.request("POST", `/v1/bots/${bot}/token`);
  }

  silenceBot(bot: UserId): Answer<void> {
    return this.parts.http.request("DELETE", `/v1/bots/${bot}/token`);
  }

  invite(
    wish: { uses?: number; days?: number } = {},
  ): Answer<{ token: string; url: string; expiresAt: number }> {
    return this.parts.http.request("POST", "/v1/invitations", wish);
  }

  async #enter(path: string, wish: object): Answer<LoggedIn> {
    const { device, usesCookie } = this.parts;
    const body = { ...wish, ...(device && { device }), ...(usesCookie && { cookie: true }) };
    const entered = await this.parts.http.request<LogInAnswer>("POST", path, body);
    if (!entered.ok) return entered;
    const { account, session, token } = entered.value;
    this.listener.loggedIn(account, session.session, token);
    return ok({ account, session: session.session, ...(token && { token }) });
  }
}
