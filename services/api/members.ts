// Who is in a conversation: list, add, remove, give a role, join a channel, leave.

import { createRoute, z } from "@hono/zod-openapi";
import type { MemberNo } from "#base/ids.ts";
import type { Member } from "#core/conversations/conversation.ts";
import type { Accounts } from "#ports/accounts.ts";
import type { Messaging } from "#ports/messaging.ts";
import { httpLimits, limits } from "#protocol/limits.ts";
import { answer } from "./answer.ts";
import { refuse, refuseAs } from "./errors.ts";
import { type Api, type Authenticate, errors, json, signedIn, signedInToChange, withBody } from "./http.ts";
import { operation } from "./operation.ts";
import { conversationParams, member, memberParams, role, usersBody } from "./schemas/conversation.ts";
import { limitInQuery, listInQuery, number, numberInQuery } from "./schemas/fields.ts";

export interface MembersParts {
  readonly authenticate: Authenticate;
  readonly accounts: Pick<Accounts, "accounts">;
  readonly messaging: Pick<
    Messaging,
    "members" | "membersByNumber" | "addMembers" | "removeMember" | "setRole"
  >;
}

const tags = ["Members"];
const path = "/v1/conversations/{conversation}/members";
const numberText = z
  .string()
  .regex(/^\d{1,10}$/)
  .transform(Number)
  .pipe(number) as unknown as z.ZodType<number, string>;

const listRoute = createRoute({
  method: "get",
  path,
  tags,
  operationId: "listMembers",
  summary: "List members",
  description:
    "Active members by number, `next` being the `after` of the next page; or, with `numbers`, exactly those, " +
    "also the ones who have left.",
  request: {
    params: conversationParams,
    query: z.object({
      after: numberInQuery("Members with higher numbers.").default(0),
      limit: limitInQuery(limits.pageMembersMax, 100),
      numbers: listInQuery(numberText, httpLimits.membersByNumberMax, "1,2,17").optional(),
    }),
  },
  responses: {
    200: {
      description: "Members with their names.",
      content: json(z.object({ members: z.array(member), next: number.optional() })),
    },
    ...errors(...signedIn, "bad_request", "unknown_conversation"),
  },
});

const addRoute = createRoute({
  method: "post",
  path,
  tags,
  operationId: "addMembers",
  summary: "Add members",
  description: "To a group: for owners and admins. To a channel: for any member.",
  request: { params: conversationParams, body: { required: true, content: json(usersBody) } },
  responses: {
    204: { description: "They are members now." },
    ...errors(
      ...signedInToChange,
      ...withBody,
      "unknown_conversation",
      "unknown_user",
      "not_allowed",
      "too_many",
    ),
  },
});

const removeRoute = createRoute({
  method: "delete",
  path: `${path}/{user}`,
  tags,
  operationId: "removeMember",
  summary: "Remove a member",
  request: { params: memberParams },
  responses: {
    204: { description: "They are no member now." },
    ...errors(...signedInToChange, "bad_request", "unknown_conversation", "not_allowed"),
  },
});

const roleRoute = createRoute({
  method: "patch",
  path: `${path}/{user}`,
  tags,
  operationId: "setRole",
  summary: "Give a role",
  request: { params: memberParams, body: { required: true, content: json(z.object({ role })) } },
  responses: {
    204: { description: "They have this role now." },
    ...errors(...signedInToChange, ...withBody, "unknown_conversation", "not_allowed"),
  },
});

export function members(api: Api, { authenticate: middleware, accounts, messaging }: MembersParts): void {
  operation(api, { ...listRoute, middleware }, async (c) => {
    const { user } = c.get("caller");
    const { conversation } = c.req.valid("param");
    const { after, limit, numbers } = c.req.valid("query");
    const found = numbers
      ? await messaging.membersByNumber(user, conversation, numbers as MemberNo[])
      : await messaging.members(user, conversation, after, limit);
    if (!found.ok) return refuseAs(c, found.refusal);
    const next = !numbers && found.value.length === limit ? found.value[limit - 1]?.member : undefined;
    const named = await withNames(accounts, found.value);
    return answer(c, { members: named, ...(next === undefined ? {} : { next }) }, 200);
  });

  operation(api, { ...addRoute, middleware }, async (c) => {
    const { conversation } = c.req.valid("param");
    const { users } = c.req.valid("json");
    if ((await accounts.accounts(users)).includes(null)) return refuse(c, "unknown_user");
    const added = await messaging.addMembers(c.get("caller").user, conversation, users);
    return added.ok ? c.body(null, 204) : refuseAs(c, added.refusal);
  });

  operation(api, { ...removeRoute, middleware }, async (c) => {
    const { conversation, user } = c.req.valid("param");
    const removed = await messaging.removeMember(c.get("caller").user, conversation, user);
    return removed.ok ? c.body(null, 204) : refuseAs(c, removed.refusal);
  });

  operation(api, { ...roleRoute, middleware }, async (c) => {
    const { conversation, user } = c.req.valid("param");
    const set = await messaging.setRole(c.get("caller").user, conversation, user, c.req.valid("json").role);
    return set.ok ? c.body(null, 204) : refuseAs(c, set.refusal);
  });
}

async function withNames(accounts: Pick<Accounts, "accounts">, found: readonly Member[]) {
  const people = found.length === 0 ? [] : await accounts.accounts(found.map((one) => one.user));
  return found.map(({ member, user, role, active }, i) => ({
    member,
    user,
    role,
    active,
    handle: people[i]?.handle ?? "",
    displayName: people[i]?.displayName ?? "",
  }));
}
