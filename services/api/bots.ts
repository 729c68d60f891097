// Accounts of programs: a person makes them, and gets the token with which the program connects. It has no password; a
// new token ends the sessions of the old ones.

import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type UserId, uuidV7 } from "#base/ids.ts";
import { decideHandle } from "#core/accounts/handle.ts";
import type { Account, Accounts } from "#ports/accounts.ts";
import type { EventBus } from "#ports/event-bus.ts";
import { httpLimits } from "#protocol/limits.ts";
import { profileView } from "./account-views.ts";
import { announceRevoked } from "./announce-revoked.ts";
import { answer } from "./answer.ts";
import { refuse } from "./errors.ts";
import {
  type Api,
  type Authenticate,
  type Env,
  errors,
  json,
  signedIn,
  signedInToChange,
  withBody,
} from "./http.ts";
import { newToken, type OpenSessionParts } from "./open-session.ts";
import { operation } from "./operation.ts";
import { botBody, profile } from "./schemas/account.ts";
import { userId } from "./schemas/fields.ts";

/** No text has this hash. */
const noPassword = "*";

export interface BotsParts extends OpenSessionParts {
  readonly authenticate: Authenticate;
  readonly accounts: Pick<Accounts, "openSession" | "createBot" | "bots" | "revokeOthers">;
  readonly events: Pick<EventBus, "publishUser">;
}

const tags = ["Bots"];
const token = z
  .string()
  .openapi({ description: "Shown once: for the Authorization header, and for `hello` on the WebSocket." });
const bot = z.object({ bot: profile, token }).openapi("NewBot");

const makeRoute = createRoute({
  method: "post",
  path: "/v1/bots",
  tags,
  operationId: "makeBot",
  summary: "Make a bot",
  description: `An account for a program, in people's lists under its name; at most ${httpLimits.botsMax} a person.`,
  request: { body: { required: true, content: json(botBody) } },
  responses: {
    201: { description: "The bot and its token.", content: json(bot) },
    ...errors(...signedInToChange, ...withBody, "not_allowed", "invalid_handle", "handle_taken", "too_many"),
  },
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/bots",
  tags,
  operationId: "listBots",
  summary: "List my bots",
  responses: {
    200: {
      description: "Those that I made, oldest first.",
      content: json(z.object({ bots: z.array(profile) })),
    },
    ...errors(...signedIn),
  },
});

const tokenRoute = createRoute({
  method: "post",
  path: "/v1/bots/{user}/token",
  tags,
  operationId: "renewBotToken",
  summary: "Give a bot of mine a new token",
  description: "Ends the sessions of the tokens that it had.",
  request: { params: z.object({ user: userId }) },
  responses: {
    201: { description: "The bot and its only token.", content: json(bot) },
    ...errors(...signedInToChange, "bad_request", "unknown_user"),
  },
});

const silenceRoute = createRoute({
  method: "delete",
  path: "/v1/bots/{user}/token",
  tags,
  operationId: "silenceBot",
  summary: "Take all tokens from a bot of mine",
  request: { params: z.object({ user: userId }) },
  responses: {
    204: { description: "It is logged out everywhere." },
    ...errors(...signedInToChange, "bad_request", "unknown_user"),
  },
});

export function bots(api: Api, parts: BotsParts): void {
  const { authenticate: middleware, accounts, events, clock, chance } = parts;

  operation(api, { ...makeRoute, middleware }, async (c) => {
    if (c.get("caller").isBot) return refuse(c, "not_allowed", { message: "A bot makes no bots." });
    const body = c.req.valid("json");
    const handle = decideHandle(body.handle, httpLimits);
    if (!handle.ok) return refuse(c, "invalid_handle", { message: handle.refusal });
    const now = clock.now();
    const account = {
      user: uuidV7(now, chance.bytes(10)) as UserId,
      handle: handle.value,
      displayName: body.displayName ?? handle.value,
      passwordHash: noPassword,
      createdAt: now,
    };
    const made = await accounts.createBot(account, c.get("caller").user, httpLimits.botsMax);
    if (!made.ok) return refuse(c, made.refusal);
    return answer(c, await withToken(made.value), 201);
  });

  operation(api, { ...listRoute, middleware }, async (c) => {
    const mine = await accounts.bots(c.get("caller").user);
    return answer(c, { bots: mine.map(profileView) }, 200);
  });

  operation(api, { ...tokenRoute, middleware }, async (c) => {
    const found = await mine(c, c.req.valid("param").user);
    if (!found) return refuse(c, "unknown_user");
    await silence(found);
    return answer(c, await withToken(found), 201);
  });

  operation(api, { ...silenceRoute, middleware }, async (c) => {
    const found = await mine(c, c.req.valid("param").user);
    if (!found) return refuse(c, "unknown_user");
    await silence(found);
    return c.body(null, 204);
  });

  async function mine(c: Context<Env>, user: UserId): Promise<Account | undefined> {
    return (await accounts.bots(c.get("caller").user)).find((one) => one.user === user);
  }

  async function silence({ user }: Account): Promise<void> {
    announceRevoked(events, user, await accounts.revokeOthers(user, null));
  }

  async function withToken(account: Account) {
    return { bot: profileView(account), token: (await newToken(parts, account, account.handle)).token };
  }
}
