// POST /v1/sessions: a session for a handle and its password. An unknown handle and a wrong password are answered
// alike, and take alike long.

import { createRoute } from "@hono/zod-openapi";
import { passwordForm } from "#core/accounts/password.ts";
import type { Accounts } from "#ports/accounts.ts";
import { httpLimits } from "#protocol/limits.ts";
import { answer } from "./answer.ts";
import { limitAddress } from "./authenticate.ts";
import { refuse } from "./errors.ts";
import type { Hashing } from "./hashing.ts";
import { type Api, errors, json, withBody } from "./http.ts";
import { type OpenSessionParts, openSession } from "./open-session.ts";
import { operation } from "./operation.ts";
import type { Rates } from "./rates.ts";
import { loggedIn, logInBody } from "./schemas/account.ts";

export interface LogInParts extends OpenSessionParts {
  readonly accounts: Pick<Accounts, "openSession" | "byHandle">;
  readonly hashing: Hashing;
  readonly rates: Rates;
}

const route = createRoute({
  method: "post",
  path: "/v1/sessions",
  tags: ["Accounts"],
  operationId: "logIn",
  summary: "Log in",
  security: [],
  request: { body: { required: true, content: json(logInBody) } },
  responses: {
    201: { description: "The account and its new session.", content: json(loggedIn) },
    ...errors(...withBody, "wrong_credentials"),
  },
});

export function logIn(api: Api, parts: LogInParts): void {
  const { accounts, hashing, rates } = parts;
  operation(api, { ...route, middleware: limitAddress(rates) }, async (c) => {
    const body = c.req.valid("json");
    const handle = body.handle.toLowerCase().slice(0, httpLimits.handleCharsMax + 1);
    const keys = { handle, address: c.env.remoteAddress };
    const waitMs = await rates.logIn(keys);
    if (waitMs > 0) return refuse(c, "rate_limited", { retryAfterMs: waitMs });

    const found = await accounts.byHandle(handle);
    // A bot has no password: it is answered as one whom nobody knows.
    const stored = found?.account.isBot ? null : found;
    const verified = await hashing.verify(passwordForm(body.password), stored?.passwordHash ?? null);
    if (!verified.ok || verified.value) await rates.logInWasRight(keys);
    if (!verified.ok) return refuse(c, "overloaded");
    if (!stored || !verified.value) return refuse(c, "wrong_credentials");
    return answer(c, await openSession(parts, c, stored.account, body), 201);
  });
}
