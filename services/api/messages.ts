// A conversation's history, both ways and around a number; and what has changed since a rev, for clients that
// have no live connection.

import { createRoute, z } from "@hono/zod-openapi";
import type { Rev, Seq } from "#base/ids.ts";
import type { PageFrom } from "#ports/message-log.ts";
import type { Messaging } from "#ports/messaging.ts";
import { limits } from "#protocol/limits.ts";
import { answer, answerText } from "./answer.ts";
import { refuse, refuseAs } from "./errors.ts";
import { type Api, type Authenticate, errors, json, signedIn } from "./http.ts";
import { changeView, pageText } from "./message-views.ts";
import { operation } from "./operation.ts";
import { caughtUp, conversationParams, page } from "./schemas/conversation.ts";
import { limitInQuery, numberInQuery } from "./schemas/fields.ts";

export interface MessagesParts {
  readonly authenticate: Authenticate;
  readonly messaging: Pick<Messaging, "page" | "since">;
}

const tags = ["Messages"];

const pageQuery = z.object({
  before: numberInQuery("Messages below this seq.").optional(),
  after: numberInQuery("Messages above this seq.").optional(),
  around: numberInQuery("Messages on both sides of it.").optional(),
  limit: limitInQuery(limits.pageMessagesMax, 50),
});

const pageRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{conversation}/messages",
  tags,
  operationId: "pageMessages",
  summary: "Read history",
  description: "At most one of `before`, `after` and `around`; without any: the newest.",
  request: { params: conversationParams, query: pageQuery },
  responses: {
    200: { description: "A page of messages.", content: json(page) },
    ...errors(...signedIn, "bad_request", "unknown_conversation"),
  },
});

const changesRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{conversation}/changes",
  tags,
  operationId: "changesSince",
  summary: "Catch up",
  description: "The current state of each message, member and title that changed after `rev`.",
  request: {
    params: conversationParams,
    query: z.object({
      rev: numberInQuery("The newest rev that I know."),
      seq: numberInQuery("The newest message without a gap."),
    }),
  },
  responses: {
    200: { description: "What has changed.", content: json(caughtUp) },
    ...errors(...signedIn, "bad_request", "unknown_conversation"),
  },
});

export function messages(api: Api, { authenticate: middleware, messaging }: MessagesParts): void {
  operation(api, { ...pageRoute, middleware }, async (c) => {
    const { conversation } = c.req.valid("param");
    const query = c.req.valid("query");
    const from = pageFrom(query);
    if (from === null) return refuse(c, "bad_request", { message: "query: one of before, after, around" });
    const found = await messaging.page(c.get("caller").user, conversation, from, query.limit);
    if (!found.ok) return refuseAs(c, found.refusal);
    return answerText<z.infer<typeof page>, 200>(c, pageText(found.value), 200);
  });

  operation(api, { ...changesRoute, middleware }, async (c) => {
    const { conversation } = c.req.valid("param");
    const { rev, seq } = c.req.valid("query");
    const { user } = c.get("caller");
    const found = await messaging.since(user, conversation, rev as Rev, seq as Seq, limits.catchUpRowsMax);
    if (!found.ok) return refuseAs(c, found.refusal);
    const { value } = found;
    return answer(
      c,
      { rev: value.rev, lastSeq: value.lastSeq, reset: value.reset, changes: value.changes.map(changeView) },
      200,
    );
  });
}

/** null: more than one was given. */
function pageFrom({ before, after, around }: z.infer<typeof pageQuery>): PageFrom | null {
  const given: PageFrom[] = [];
  if (before !== undefined) given.push({ before: before as Seq });
  if (after !== undefined) given.push({ after: after as Seq });
  if (around !== undefined) given.push({ around: around as Seq });
  return given.length > 1 ? null : (given[0] ?? "head");
}
