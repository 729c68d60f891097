// The HTTP API: every route with what it needs, and around them what all have in common.

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { dayMs, hourMs } from "#base/units.ts";
import type { Account, Accounts } from "#ports/accounts.ts";
import type { Chance } from "#ports/chance.ts";
import type { Clock } from "#ports/clock.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Inbox } from "#ports/inbox.ts";
import type { Messaging } from "#ports/messaging.ts";
import type { Passwords } from "#ports/passwords.ts";
import type { RateLimits } from "#ports/rate-limits.ts";
import { compression, madeCareful } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { bots } from "./bots.ts";
import { channels } from "./channels.ts";
import { boundedBody, refuseForm } from "./common.ts";
import type { ApiConfig } from "./config.ts";
import { conversations } from "./conversations.ts";
import { docsPage } from "./docs-page.ts";
import { answerThrown, refuse } from "./errors.ts";
import { openHashing } from "./hashing.ts";
import type { Env, RequestInfo } from "./http.ts";
import { invitations } from "./invitations.ts";
import { KnownPeople } from "./known-people.ts";
import { KnownSessions } from "./known-sessions.ts";
import { logIn } from "./log-in.ts";
import { me } from "./me.ts";
import { members } from "./members.ts";
import { messages } from "./messages.ts";
import { openApiDocument } from "./openapi-document.ts";
import { openRates } from "./rates.ts";
import { serverInfo } from "./server-info.ts";
import { sessions } from "./sessions.ts";
import { signUp } from "./sign-up.ts";
import { users } from "./users.ts";

export interface ApiParts {
  readonly accounts: Accounts;
  readonly conversations: Pick<ConversationStore, "conversations" | "memberships" | "membersAt" | "channels">;
  readonly inbox: Pick<Inbox, "list" | "cursors">;
  readonly messaging: Messaging;
  readonly events: Pick<EventBus, "publishUser" | "listen" | "followUser" | "unfollowUser">;
  readonly passwords: Passwords;
  readonly limits: RateLimits;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly config: ApiConfig;
  /** Hears of bugs, and of failures that no answer tells: for the log. */
  readonly noteFailure: (error: unknown) => void;
}

export interface ApiServer {
  /** The OpenAPI 3.1 document, as served at /v1/openapi.json. */
  describe(): object;
  /** How often who called was known, and how often an answer was compressed before. */
  caches(): Record<"sessions" | "compressed", { hits: number; misses: number; entries: number }>;
  /** Answers everything under /v1 but the WebSocket. Never rejects. */
  fetch(request: Request, info: RequestInfo): Promise<Response>;
}

function onMethodNotAllowed(c: Context, methods: string[]): Response {
  c.header("Allow", methods.join(", "));
  return refuse(c, "method_not_allowed");
}

const touchEveryMs = hourMs;

export function createApi(given: ApiParts): ApiServer {
  const { config, accounts, events, inbox, messaging, clock, chance, noteFailure } = given;
  const store = given.conversations;
  const life = { lifeMs: config.sessionDays * dayMs, touchEveryMs };
  const rates = openRates(given.limits, config);
  const hashing = openHashing(given.passwords, config.hashConcurrency);

  const api = new OpenAPIHono<Env>({ defaultHook: refuseForm });
  api.onError((error, c) => answerThrown(c, error, noteFailure));
  api.use(boundedBody);
  const refuseMethod = methodNotAllowed({ app: api, onMethodNotAllowed });
  api.notFound(async (c) => {
    c.res = refuse(c, "not_found");
    await refuseMethod(c, async () => {});
    return c.res;
  });
  signUp(api, { accounts, hashing, rates, clock, chance, life, signUp: config.signUp });
  logIn(api, { accounts, hashing, rates, clock, chance, life });
  serverInfo(api, { accounts, rates, config });

  const publicUrl = config.publicUrl;
  const known = new KnownSessions({ accounts, events, clock, noteFailure });
  const people = new KnownPeople(accounts, clock);
  const signedIn = authenticate({ accounts, known, clock, life, rates, publicUrl, noteFailure });
  sessions(api, { authenticate: signedIn, accounts, events });
  const renamed = (account: Account) => people.changed(account);
  me(api, { authenticate: signedIn, accounts, events, hashing, rates, renamed });
  users(api, { authenticate: signedIn, accounts });
  conversations(api, { authenticate: signedIn, accounts: people, conversations: store, inbox, messaging });
  messages(api, { authenticate: signedIn, messaging });
  members(api, { authenticate: signedIn, accounts: people, messaging });
  channels(api, { authenticate: signedIn, accounts, conversations: store, inbox, messaging });
  bots(api, { authenticate: signedIn, accounts, events, clock, chance, life });
  invitations(api, { authenticate: signedIn, accounts, clock, chance, publicUrl });
  let document: object | null = null;
  const describe = () => {
    document ??= openApiDocument(api, config.version);
    return document;
  };
  docsPage(api, describe, rates);
  return {
    caches: () => ({ sessions: known.stats(), compressed: compression.stats() }),
    describe,
    fetch: async (request, info) => madeCareful(await api.fetch(request, info)),
  };
}
