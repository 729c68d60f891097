// Messages and changes in the wire's own form: its table of frames says which fields there are.

import type { z } from "@hono/zod-openapi";
import type { Change, Message } from "#core/messages/message.ts";
import type { Page } from "#ports/message-log.ts";
import { change } from "#protocol/frames.ts";
import type * as schemas from "./schemas/conversation.ts";

export function messageView(message: Message): z.infer<typeof schemas.message> {
  return change.members.message.type.toJson(message) as z.infer<typeof schemas.message>;
}

export function changeView(one: Change): z.infer<typeof schemas.change> {
  return change.toJson(one) as z.infer<typeof schemas.change>;
}

/** The JSON of a page. What is the same for every reader is written once, however often it is read. */
export function pageText({ rev, lastSeq, messages, hasBefore, hasAfter }: Page): string {
  const texts = messages.map(messageText).join(",");
  return `{"rev":${rev},"lastSeq":${lastSeq},"messages":[${texts}],"hasBefore":${hasBefore},"hasAfter":${hasAfter}}`;
}

const written = new WeakMap<Message, string>();

/** Frozen: shared among readers (services/messaging/ring.ts); other messages come once and are not kept. */
function messageText(message: Message): string {
  if (!Object.isFrozen(message)) return JSON.stringify(messageView(message));
  let text = written.get(message);
  if (text === undefined) {
    text = JSON.stringify(messageView(message));
    written.set(message, text);
  }
  return text;
}
