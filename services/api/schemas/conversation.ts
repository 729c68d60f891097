// Conversations, their members, messages and changes. Messages and changes have the same fields as on the live
// wire (protocol/SPEC.md).

import { z } from "@hono/zod-openapi";
import { httpLimits, limits } from "#protocol/limits.ts";
import { profile } from "./account.ts";
import { conversationId, count, line, number, time, userId, uuid } from "./fields.ts";

export const conversationParams = z.object({ conversation: conversationId });
export const memberParams = conversationParams.extend({ user: userId });

export const kind = z.enum(["direct", "group", "channel"]);
export const role = z.enum(["owner", "admin", "member"]);
export const title = line(limits.titleCharsMax);

const reaction = z
  .object({
    emoji: z.string(),
    count,
    mine: z.boolean().openapi({ description: "Whether I am one of them." }),
  })
  .openapi("Reaction");

const messageFields = {
  rev: number.openapi({ description: "The conversation's rev at which this message last changed." }),
  seq: number,
  author: number.openapi({ description: "Member number; see the members." }),
  at: time,
  text: z.string().openapi({ description: "Empty where the message was deleted." }),
  name: z.string().optional().openapi({ description: "The sender's name for this send." }),
  replyTo: number.optional(),
  editedAt: time.optional(),
  deletedAt: time.optional(),
  reactions: z.array(reaction).optional(),
};

export const message = z.object(messageFields).openapi("Message");

export const change = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("message"), ...messageFields }),
    z.object({
      kind: z.literal("reaction"),
      rev: number,
      seq: number,
      member: number,
      emoji: z.string(),
      on: z.boolean(),
      count,
    }),
    z.object({
      kind: z.literal("member"),
      rev: number,
      member: number,
      user: uuid,
      role,
      active: z.boolean(),
      displayName: z.string(),
    }),
    z.object({ kind: z.literal("conversation"), rev: number, title: z.string() }),
  ])
  .openapi("Change");

const summaryFields = {
  conversation: uuid,
  kind,
  title: z.string().openapi({ description: "Empty for a direct conversation: show the other's name." }),
  rev: number,
  lastSeq: number.openapi({ description: "Unread messages: lastSeq - me.readSeq." }),
  memberCount: count,
  createdAt: time,
  me: z.object({ member: number, role, readSeq: number }),
  lastMessage: message.optional(),
  lastAuthor: z.object({ member: number, user: uuid, displayName: z.string() }).optional(),
  other: profile.optional().openapi({ description: "The other one of a direct conversation." }),
};

export const summary = z.object(summaryFields).openapi("Summary");

export const createBody = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("direct"), users: z.array(userId).min(1).max(1) }),
    z.object({
      kind: z.enum(["group", "channel"]),
      title,
      users: z.array(userId).max(httpLimits.addUsersMax).default([]),
    }),
  ])
  .openapi("CreateConversation");

export const usersBody = z.object({ users: z.array(userId).min(1).max(httpLimits.addUsersMax) });

export const member = z
  .object({
    member: number,
    user: uuid,
    role,
    active: z.boolean().openapi({ description: "False once they have left; the number stays theirs." }),
    handle: z.string(),
    displayName: z.string(),
  })
  .openapi("Member");

export const page = z
  .object({
    rev: number.openapi({ description: "The conversation's rev when the page was read." }),
    lastSeq: number,
    messages: z.array(message).openapi({ description: "In rising seq; deleted ones are tombstones." }),
    hasBefore: z.boolean(),
    hasAfter: z.boolean(),
  })
  .openapi("Page");

export const opened = z
  .object({
    ...summaryFields,
    cursors: z.array(z.object({ member: number, seq: number })).openapi({
      description: `How far each member has read; empty above ${limits.receiptsMembersMax} members.`,
    }),
    page: page.optional().openapi({ description: "Only where `messages` asked for it." }),
  })
  .openapi("Conversation");

export const caughtUp = z
  .object({
    rev: number,
    lastSeq: number,
    reset: z.boolean().openapi({ description: "Too far behind: forget what is kept and page from the end." }),
    changes: z.array(change),
  })
  .openapi("CaughtUp");

export const channel = z
  .object({ conversation: uuid, title: z.string(), memberCount: count, joined: z.boolean() })
  .openapi("Channel");
