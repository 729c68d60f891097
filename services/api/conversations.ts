// A person's conversations: list them, open one, make one, rename one.

import { createRoute, z } from "@hono/zod-openapi";
import type { ConversationId, UserId } from "#base/ids.ts";
import { ok, type Result } from "#base/result.ts";
import { directConversationId } from "#core/conversations/direct-id.ts";
import type { Refusal } from "#core/refusal.ts";
import type { Inbox } from "#ports/inbox.ts";
import type { Messaging } from "#ports/messaging.ts";
import { httpLimits, limits } from "#protocol/limits.ts";
import { answer, answerText } from "./answer.ts";
import { refuse, refuseAs } from "./errors.ts";
import { type Api, type Authenticate, errors, json, signedIn, signedInToChange, withBody } from "./http.ts";
import { pageText } from "./message-views.ts";
import { operation } from "./operation.ts";
import { conversationParams, createBody, opened, summary, title } from "./schemas/conversation.ts";
import { conversationId, countInQuery, limitInQuery } from "./schemas/fields.ts";
import { mineOf, type SummaryParts, type SummaryView, summaries, summaryOfOpened } from "./summaries.ts";

export interface ConversationsParts extends SummaryParts {
  readonly authenticate: Authenticate;
  readonly inbox: Pick<Inbox, "list" | "cursors">;
  readonly messaging: Pick<Messaging, "newest" | "opened" | "page" | "create" | "rename">;
}

const tags = ["Conversations"];
const path = "/v1/conversations/{conversation}";

const listRoute = createRoute({
  method: "get",
  path: "/v1/conversations",
  tags,
  operationId: "listConversations",
  summary: "List my conversations",
  description: "In the order of their ids; `next`, when present, is the `after` of the next page.",
  request: {
    query: z.object({
      after: conversationId.optional(),
      limit: limitInQuery(httpLimits.pageConversationsMax, 50),
    }),
  },
  responses: {
    200: {
      description: "Those I am a member of.",
      content: json(z.object({ conversations: z.array(summary), next: conversationId.optional() })),
    },
    ...errors(...signedIn, "bad_request"),
  },
});

const createTheRoute = createRoute({
  method: "post",
  path: "/v1/conversations",
  tags,
  operationId: "createConversation",
  summary: "Make a conversation",
  description: "A direct one exists once for a pair: asking again gives the same, with 200.",
  request: { body: { required: true, content: json(createBody) } },
  responses: {
    200: { description: "The direct conversation that there was already.", content: json(summary) },
    201: { description: "The new conversation.", content: json(summary) },
    ...errors(...signedInToChange, ...withBody, "unknown_user", "not_allowed", "empty_text", "too_many"),
  },
});

const openRoute = createRoute({
  method: "get",
  path,
  tags,
  operationId: "openConversation",
  summary: "Open a conversation",
  request: {
    params: conversationParams,
    query: z.object({
      messages: countInQuery(
        limits.pageMessagesMax,
        "So many of the newest messages come with it, as `page`.",
      ).optional(),
    }),
  },
  responses: {
    200: { description: "Where it stands, and who has read how far.", content: json(opened) },
    ...errors(...signedIn, "bad_request", "unknown_conversation"),
  },
});

const renameRoute = createRoute({
  method: "patch",
  path,
  tags,
  operationId: "renameConversation",
  summary: "Rename a conversation",
  description: "For owners and admins of a group or channel.",
  request: { params: conversationParams, body: { required: true, content: json(z.object({ title })) } },
  responses: {
    204: { description: "It has this title now." },
    ...errors(...signedInToChange, ...withBody, "unknown_conversation", "not_allowed", "empty_text"),
  },
});

export function conversations(api: Api, parts: ConversationsParts): void {
  const { authenticate: middleware, inbox, messaging } = parts;

  operation(api, { ...listRoute, middleware }, async (c) => {
    const { user } = c.get("caller");
    const { after = "", limit } = c.req.valid("query");
    const [entries = []] = await inbox.list([user]);
    const rest = entries.filter((entry) => entry.conversation > after);
    const wanted = rest.slice(0, limit);
    const shown = await summaries(parts, await mineOf(parts, user, wanted));
    const last = wanted[wanted.length - 1]?.conversation;
    const isMore = rest.length > wanted.length && last !== undefined;
    return answer(c, { conversations: shown, ...(isMore ? { next: last } : {}) }, 200);
  });

  operation(api, { ...createTheRoute, middleware }, async (c) => {
    const { user } = c.get("caller");
    const body = c.req.valid("json");
    if ((await parts.accounts.accounts(body.users)).includes(null)) return refuse(c, "unknown_user");
    const existed = body.kind === "direct" && (await isThere(parts, user, body.users[0]!));
    const name = body.kind === "direct" ? "" : body.title;
    const created = await messaging.create(user, body.kind, name, body.users);
    if (!created.ok) return refuseAs(c, created.refusal);
    const shown = await summaryOf(parts, user, created.value.id);
    if (!shown.ok) return refuseAs(c, shown.refusal);
    return answer(c, shown.value, existed ? 200 : 201);
  });

  operation(api, { ...openRoute, middleware }, async (c) => {
    const { user } = c.get("caller");
    const { conversation } = c.req.valid("param");
    const { messages } = c.req.valid("query");
    // Both are asked for in one turn: between processes they go, and come back, together.
    const [found, page] = await Promise.all([
      messaging.opened(user, conversation),
      messages === undefined ? null : messaging.page(user, conversation, "head", messages),
    ]);
    if (!found.ok) return refuseAs(c, found.refusal);
    if (page && !page.ok) return refuseAs(c, page.refusal);
    const shown = await summaryOfOpened(parts.accounts, found.value);
    const view = { ...shown, cursors: [...found.value.cursors] };
    if (!page) return answer(c, view, 200);
    const text = `${JSON.stringify(view).slice(0, -1)},"page":${pageText(page.value)}}`;
    return answerText<z.infer<typeof opened>, 200>(c, text, 200);
  });

  operation(api, { ...renameRoute, middleware }, async (c) => {
    const { conversation } = c.req.valid("param");
    const renamed = await messaging.rename(c.get("caller").user, conversation, c.req.valid("json").title);
    return renamed.ok ? c.body(null, 204) : refuseAs(c, renamed.refusal);
  });
}

async function isThere(parts: ConversationsParts, user: UserId, other: UserId): Promise<boolean> {
  if (user === other) return false;
  const [found] = await parts.conversations.conversations([directConversationId(user, other)]);
  return found !== null;
}

/** One conversation; the messaging service says whether `user` is a member. */
export async function summaryOf(
  { accounts, messaging }: Pick<ConversationsParts, "accounts" | "messaging">,
  user: UserId,
  id: ConversationId,
): Promise<Result<SummaryView, Refusal>> {
  const found = await messaging.opened(user, id);
  return found.ok ? ok(await summaryOfOpened(accounts, found.value)) : found;
}
