// Channels: found by anyone who has logged in, joined and left by oneself. Leaving works for groups too.

import { createRoute, z } from "@hono/zod-openapi";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { Messaging } from "#ports/messaging.ts";
import { httpLimits } from "#protocol/limits.ts";
import { answer } from "./answer.ts";
import { type ConversationsParts, summaryOf } from "./conversations.ts";
import { refuseAs } from "./errors.ts";
import { type Api, errors, json, signedIn, signedInToChange } from "./http.ts";
import { operation } from "./operation.ts";
import { channel, conversationParams, summary } from "./schemas/conversation.ts";
import { limitInQuery, text } from "./schemas/fields.ts";

export interface ChannelsParts extends ConversationsParts {
  readonly conversations: Pick<ConversationStore, "conversations" | "memberships" | "membersAt" | "channels">;
  readonly messaging: ConversationsParts["messaging"] & Pick<Messaging, "join" | "leave">;
}

const findRoute = createRoute({
  method: "get",
  path: "/v1/channels",
  tags: ["Conversations"],
  operationId: "findChannels",
  summary: "Find channels",
  request: {
    query: z.object({
      q: text(httpLimits.searchCharsMax).default(""),
      limit: limitInQuery(httpLimits.pageChannelsMax, 20),
    }),
  },
  responses: {
    200: {
      description: "Channels whose title has these words, newest first.",
      content: json(z.object({ channels: z.array(channel) })),
    },
    ...errors(...signedIn, "bad_request"),
  },
});

const joinRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{conversation}/join",
  tags: ["Members"],
  operationId: "joinChannel",
  summary: "Join a channel",
  request: { params: conversationParams },
  responses: {
    200: { description: "The channel as I now see it.", content: json(summary) },
    ...errors(...signedInToChange, "bad_request", "unknown_conversation", "too_many"),
  },
});

const leaveRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{conversation}/leave",
  tags: ["Members"],
  operationId: "leaveConversation",
  summary: "Leave a group or channel",
  description: "The last owner makes somebody else an owner first.",
  request: { params: conversationParams },
  responses: {
    204: { description: "I am no member now." },
    ...errors(...signedInToChange, "bad_request", "unknown_conversation", "not_allowed"),
  },
});

export function channels(api: Api, parts: ChannelsParts): void {
  const { authenticate: middleware, messaging } = parts;

  operation(api, { ...findRoute, middleware }, async (c) => {
    const { user } = c.get("caller");
    const { q, limit } = c.req.valid("query");
    const found = await parts.conversations.channels(q.trim(), limit);
    const memberships = await parts.conversations.memberships(
      found.map(({ id: conversation }) => ({ conversation, user })),
    );
    const shown = found.map(({ id: conversation, title, memberCount }, i) => ({
      conversation,
      title,
      memberCount,
      joined: memberships[i]?.active ?? false,
    }));
    return answer(c, { channels: shown }, 200);
  });

  operation(api, { ...joinRoute, middleware }, async (c) => {
    const { user } = c.get("caller");
    const { conversation } = c.req.valid("param");
    const joined = await messaging.join(user, conversation);
    if (!joined.ok) return refuseAs(c, joined.refusal);
    const shown = await summaryOf(parts, user, conversation);
    return shown.ok ? answer(c, shown.value, 200) : refuseAs(c, shown.refusal);
  });

  operation(api, { ...leaveRoute, middleware }, async (c) => {
    const left = await messaging.leave(c.get("caller").user, c.req.valid("param").conversation);
    return left.ok ? c.body(null, 204) : refuseAs(c, left.refusal);
  });
}
