// GET /v1/users: profiles, found by words or by ids. Everybody who has logged in may see them.

import { createRoute, z } from "@hono/zod-openapi";
import type { Account, Accounts } from "#ports/accounts.ts";
import { httpLimits } from "#protocol/limits.ts";
import { profileView } from "./account-views.ts";
import { answer } from "./answer.ts";
import { type Api, type Authenticate, errors, json, signedIn } from "./http.ts";
import { operation } from "./operation.ts";
import { profile } from "./schemas/account.ts";
import { limitInQuery, listInQuery, text, userId } from "./schemas/fields.ts";

const { pageUsersMax, usersByIdMax, searchCharsMax } = httpLimits;

const route = createRoute({
  method: "get",
  path: "/v1/users",
  tags: ["Users"],
  operationId: "findUsers",
  summary: "Find people",
  description:
    "By words in handle or display name, whose handle it is first, the others by handle; or, with `ids`, exactly those that exist.",
  request: {
    query: z.object({
      q: text(searchCharsMax).default(""),
      limit: limitInQuery(pageUsersMax, 20),
      ids: listInQuery(userId, usersByIdMax, "01938a4e-7c1f-7d3a-9b52-3f6f1d2c4a5b").optional(),
    }),
  },
  responses: {
    200: { description: "Their profiles.", content: json(z.object({ users: z.array(profile) })) },
    ...errors(...signedIn, "bad_request"),
  },
});

export interface UsersParts {
  readonly authenticate: Authenticate;
  readonly accounts: Pick<Accounts, "accounts" | "search">;
}

export function users(api: Api, { authenticate: middleware, accounts }: UsersParts): void {
  operation(api, { ...route, middleware }, async (c) => {
    const { q, limit, ids } = c.req.valid("query");
    const found = ids ? await accounts.accounts(ids) : await accounts.search(q.trim(), limit);
    const known = found.filter((one): one is Account => one !== null);
    return answer(c, { users: known.map(profileView) }, 200);
  });
}
