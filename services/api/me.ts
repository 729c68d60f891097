// A person's own account: who am I, my name, my password.

import { createRoute, z } from "@hono/zod-openapi";
import type { UserId } from "#base/ids.ts";
import { decidePassword, passwordForm } from "#core/accounts/password.ts";
import type { Account, Accounts } from "#ports/accounts.ts";
import type { EventBus } from "#ports/event-bus.ts";
import { httpLimits } from "#protocol/limits.ts";
import { accountView } from "./account-views.ts";
import { announceRevoked } from "./announce-revoked.ts";
import { answer } from "./answer.ts";
import { refuse } from "./errors.ts";
import type { Hashing } from "./hashing.ts";
import { type Api, type Authenticate, errors, json, signedIn, signedInToChange, withBody } from "./http.ts";
import { operation } from "./operation.ts";
import type { Rates } from "./rates.ts";
import { account, passwordBody, renameBody } from "./schemas/account.ts";
import { uuid } from "./schemas/fields.ts";

export interface MeParts {
  readonly authenticate: Authenticate;
  readonly accounts: Pick<Accounts, "accounts" | "byHandle" | "rename" | "setPassword" | "revokeOthers">;
  /** Hears of the account with its new name. */
  readonly renamed: (account: Account) => void;
  readonly events: Pick<EventBus, "publishUser">;
  readonly hashing: Hashing;
  readonly rates: Rates;
}

const tags = ["Accounts"];

const showRoute = createRoute({
  method: "get",
  path: "/v1/me",
  tags,
  operationId: "me",
  summary: "My account and this session",
  responses: {
    200: { description: "Who is calling.", content: json(z.object({ account, session: uuid })) },
    ...errors(...signedIn),
  },
});

const renameRoute = createRoute({
  method: "patch",
  path: "/v1/me",
  tags,
  operationId: "renameMe",
  summary: "Change my display name",
  request: { body: { required: true, content: json(renameBody) } },
  responses: {
    200: { description: "The account as it is now.", content: json(z.object({ account })) },
    ...errors(...signedInToChange, ...withBody),
  },
});

const passwordRoute = createRoute({
  method: "put",
  path: "/v1/me/password",
  tags,
  operationId: "changePassword",
  summary: "Change my password",
  description: "Logs out all other devices.",
  request: { body: { required: true, content: json(passwordBody) } },
  responses: {
    204: { description: "The password is changed." },
    ...errors(...signedInToChange, ...withBody, "not_allowed", "wrong_password", "invalid_password"),
  },
});

export function me(
  api: Api,
  { authenticate: middleware, accounts, events, hashing, rates, renamed: tell }: MeParts,
): void {
  operation(api, { ...showRoute, middleware }, async (c) => {
    const { user, session } = c.get("caller");
    const found = await accountOf(accounts, user);
    return found ? answer(c, { account: accountView(found), session }, 200) : refuse(c, "not_authenticated");
  });

  operation(api, { ...renameRoute, middleware }, async (c) => {
    const renamed = await accounts.rename(c.get("caller").user, c.req.valid("json").displayName);
    if (renamed) tell(renamed);
    return renamed ? answer(c, { account: accountView(renamed) }, 200) : refuse(c, "not_authenticated");
  });

  operation(api, { ...passwordRoute, middleware }, async (c) => {
    const { user, session, isBot } = c.get("caller");
    if (isBot) return refuse(c, "not_allowed", { message: "A bot has no password." });
    const body = c.req.valid("json");
    const mine = await accountOf(accounts, user);
    const stored = mine && (await accounts.byHandle(mine.handle));
    if (!stored) return refuse(c, "not_authenticated");
    const next = decidePassword(body.next, stored.account.handle, httpLimits);
    if (!next.ok) return refuse(c, "invalid_password", { message: next.refusal });

    const keys = { handle: stored.account.handle, address: c.env.remoteAddress };
    const waitMs = await rates.logIn(keys);
    if (waitMs > 0) return refuse(c, "rate_limited", { retryAfterMs: waitMs });
    const verified = await hashing.verify(passwordForm(body.current), stored.passwordHash);
    if (!verified.ok || verified.value) await rates.logInWasRight(keys);
    if (!verified.ok) return refuse(c, "overloaded");
    if (!verified.value) return refuse(c, "wrong_password");
    const hash = await hashing.hash(next.value);
    if (!hash.ok) return refuse(c, "overloaded");
    await accounts.setPassword(user, hash.value);
    announceRevoked(events, user, await accounts.revokeOthers(user, session));
    return c.body(null, 204);
  });
}

async function accountOf(accounts: Pick<Accounts, "accounts">, user: UserId): Promise<Account | null> {
  const [found] = await accounts.accounts([user]);
  return found ?? null;
}
