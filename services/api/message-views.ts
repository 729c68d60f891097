// Messages and changes in the wire's own form: its table of frames says which fields there are.

import type { z } from "@hono/zod-openapi";
import type { Change, Message } from "#core/messages/message.ts";
import { change } from "#protocol/frames.ts";
import type * as schemas from "./schemas/conversation.ts";

export function messageView(message: Message): z.infer<typeof schemas.message> {
  return change.members.message.type.toJson(message) as z.infer<typeof schemas.message>;
}

export function changeView(one: Change): z.infer<typeof schemas.change> {
  return change.toJson(one) as z.infer<typeof schemas.change>;
}
