// POST /v1/invitations: a link that lets people sign up. Only the owner of the installation makes them.

import { createRoute, z } from "@hono/zod-openapi";
import { toBase64Url } from "#base/base64url.ts";
import { dayMs } from "#base/units.ts";
import { hashSecret } from "#core/accounts/token.ts";
import type { Accounts } from "#ports/accounts.ts";
import type { Chance } from "#ports/chance.ts";
import type { Clock } from "#ports/clock.ts";
import { httpLimits } from "#protocol/limits.ts";
import { answer } from "./answer.ts";
import { refuse } from "./errors.ts";
import { type Api, type Authenticate, errors, json, signedInToChange, withBody } from "./http.ts";
import { operation } from "./operation.ts";
import { time } from "./schemas/fields.ts";

const { invitationUsesMax, invitationDaysMax } = httpLimits;
const tokenBytes = 24;

const route = createRoute({
  method: "post",
  path: "/v1/invitations",
  tags: ["Accounts"],
  operationId: "invite",
  summary: "Make an invitation link",
  description: "For the owner of the installation.",
  request: {
    body: {
      required: true,
      content: json(
        z.object({
          uses: z.int().min(1).max(invitationUsesMax).default(1),
          days: z.int().min(1).max(invitationDaysMax).default(7),
        }),
      ),
    },
  },
  responses: {
    201: {
      description: "The invitation; its token is shown this once.",
      content: json(
        z.object({
          token: z.string().openapi({ description: "For `invitation` at sign-up." }),
          url: z.string().openapi({ description: "Opens the sign-up page with the token in its fragment." }),
          expiresAt: time,
        }),
      ),
    },
    ...errors(...signedInToChange, ...withBody, "not_allowed"),
  },
});

export interface InvitationsParts {
  readonly authenticate: Authenticate;
  readonly accounts: Pick<Accounts, "accounts" | "invite">;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly publicUrl: string | null;
}

export function invitations(api: Api, parts: InvitationsParts): void {
  operation(api, { ...route, middleware: parts.authenticate }, async (c) => {
    const { user } = c.get("caller");
    const [account] = await parts.accounts.accounts([user]);
    if (!account?.isOwner) return refuse(c, "not_allowed");
    const { uses, days } = c.req.valid("json");
    const createdAt = parts.clock.now();
    const expiresAt = createdAt + days * dayMs;
    const secret = parts.chance.bytes(tokenBytes);
    await parts.accounts.invite({
      tokenHash: hashSecret(secret),
      createdBy: user,
      createdAt,
      expiresAt,
      uses,
    });
    const token = toBase64Url(secret);
    const base = new URL(parts.publicUrl ?? c.req.url).origin;
    return answer(c, { token, url: `${base}/#invite=${token}`, expiresAt }, 201);
  });
}
