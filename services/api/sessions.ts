// The list of a person's devices, and logging them out: here, one of them, or all the others. A revoked
// session's sockets are told at once.

import { createRoute, z } from "@hono/zod-openapi";
import type { Accounts } from "#ports/accounts.ts";
import type { EventBus } from "#ports/event-bus.ts";
import { sessionView } from "./account-views.ts";
import { announceRevoked } from "./announce-revoked.ts";
import { answer } from "./answer.ts";
import { refuse } from "./errors.ts";
import { type Api, type Authenticate, errors, json, signedIn, signedInToChange } from "./http.ts";
import { dropCookie } from "./open-session.ts";
import { operation } from "./operation.ts";
import { session } from "./schemas/account.ts";
import { sessionId } from "./schemas/fields.ts";

export interface SessionsParts {
  readonly authenticate: Authenticate;
  readonly accounts: Pick<Accounts, "sessions" | "revoke" | "revokeOthers">;
  readonly events: Pick<EventBus, "publishUser">;
}

const tags = ["Accounts"];

const listRoute = createRoute({
  method: "get",
  path: "/v1/sessions",
  tags,
  operationId: "listSessions",
  summary: "List my sessions",
  responses: {
    200: {
      description: "One for each device that is logged in.",
      content: json(z.object({ sessions: z.array(session) })),
    },
    ...errors(...signedIn),
  },
});

const revokeRoute = createRoute({
  method: "delete",
  path: "/v1/sessions/{session}",
  tags,
  operationId: "revokeSession",
  summary: "Log out, here or another device",
  request: {
    params: z.object({ session: z.union([z.literal("current"), sessionId]) }),
  },
  responses: {
    204: { description: "The session is over." },
    ...errors(...signedInToChange, "bad_request", "unknown_session"),
  },
});

const revokeOthersRoute = createRoute({
  method: "post",
  path: "/v1/sessions/revoke-others",
  tags,
  operationId: "revokeOtherSessions",
  summary: "Log out all other devices",
  responses: {
    200: {
      description: "How many were logged out.",
      content: json(z.object({ revoked: z.int().min(0) })),
    },
    ...errors(...signedInToChange),
  },
});

export function sessions(api: Api, { authenticate: middleware, accounts, events }: SessionsParts): void {
  operation(api, { ...listRoute, middleware }, async (c) => {
    const { user, session } = c.get("caller");
    const live = await accounts.sessions(user);
    return answer(c, { sessions: live.map((one) => sessionView(one, session)) }, 200);
  });

  operation(api, { ...revokeRoute, middleware }, async (c) => {
    const { user, session: current } = c.get("caller");
    const given = c.req.valid("param").session;
    const session = given === "current" ? current : given;
    if (!(await accounts.revoke(user, session))) return refuse(c, "unknown_session");
    announceRevoked(events, user, [session]);
    if (session === current) dropCookie(c);
    return c.body(null, 204);
  });

  operation(api, { ...revokeOthersRoute, middleware }, async (c) => {
    const { user, session } = c.get("caller");
    const revoked = await accounts.revokeOthers(user, session);
    announceRevoked(events, user, revoked);
    return answer(c, { revoked: revoked.length }, 200);
  });
}
