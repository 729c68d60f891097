// POST /v1/accounts: a new account and its first session. The very first account owns the installation.

import { createRoute } from "@hono/zod-openapi";
import { fromBase64Url } from "#base/base64url.ts";
import { type UserId, uuidV7 } from "#base/ids.ts";
import { decideHandle } from "#core/accounts/handle.ts";
import { decidePassword } from "#core/accounts/password.ts";
import { hashSecret } from "#core/accounts/token.ts";
import type { Accounts } from "#ports/accounts.ts";
import { httpLimits } from "#protocol/limits.ts";
import { answer } from "./answer.ts";
import { limitAddress } from "./authenticate.ts";
import type { ApiConfig } from "./config.ts";
import { refuse } from "./errors.ts";
import type { Hashing } from "./hashing.ts";
import { type Api, errors, json, withBody } from "./http.ts";
import { type OpenSessionParts, openSession } from "./open-session.ts";
import { operation } from "./operation.ts";
import type { Rates } from "./rates.ts";
import { loggedIn, signUpBody } from "./schemas/account.ts";

export interface SignUpParts extends OpenSessionParts {
  readonly accounts: Pick<Accounts, "openSession" | "create" | "anyAccount">;
  readonly hashing: Hashing;
  readonly rates: Rates;
  readonly signUp: ApiConfig["signUp"];
}

const route = createRoute({
  method: "post",
  path: "/v1/accounts",
  tags: ["Accounts"],
  operationId: "signUp",
  summary: "Sign up",
  description: "Makes an account and logs in. The first account becomes owner of the installation.",
  security: [],
  request: { body: { required: true, content: json(signUpBody) } },
  responses: {
    201: { description: "The account and its first session.", content: json(loggedIn) },
    ...errors(
      ...withBody,
      "invalid_handle",
      "invalid_password",
      "sign_up_closed",
      "invitation_invalid",
      "handle_taken",
    ),
  },
});

export function signUp(api: Api, parts: SignUpParts): void {
  const { accounts, hashing, rates } = parts;
  operation(api, { ...route, middleware: limitAddress(rates) }, async (c) => {
    const body = c.req.valid("json");
    const handle = decideHandle(body.handle, httpLimits);
    if (!handle.ok) return refuse(c, "invalid_handle", { message: handle.refusal });
    const password = decidePassword(body.password, handle.value, httpLimits);
    if (!password.ok) return refuse(c, "invalid_password", { message: password.refusal });
    const waitMs = await rates.signUp(c.env.remoteAddress);
    if (waitMs > 0) return refuse(c, "rate_limited", { retryAfterMs: waitMs });
    const invitationHash = parts.signUp === "invitation" ? invitationHashOf(body.invitation) : null;
    if (parts.signUp !== "open" && invitationHash === null && (await accounts.anyAccount())) {
      const isGiven = parts.signUp === "invitation" && body.invitation !== undefined;
      return refuse(c, isGiven ? "invitation_invalid" : "sign_up_closed");
    }

    const hash = await hashing.hash(password.value);
    if (!hash.ok) return refuse(c, "overloaded");
    const now = parts.clock.now();
    const created = await accounts.create({
      user: uuidV7(now, parts.chance.bytes(10)) as UserId,
      handle: handle.value,
      displayName: body.displayName ?? handle.value,
      passwordHash: hash.value,
      createdAt: now,
      open: parts.signUp === "open",
      ...(invitationHash === null ? {} : { invitationHash }),
    });
    if (!created.ok) return refuse(c, created.refusal);
    return answer(c, await openSession(parts, c, created.value, body), 201);
  });
}

/** null: none given, or no token at all. */
function invitationHashOf(token: string | undefined): Uint8Array | null {
  const bytes = token === undefined ? null : fromBase64Url(token);
  return bytes === null ? null : hashSecret(bytes);
}
