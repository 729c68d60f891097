// From what is held to what is shown. The same message gives the same object, so that a page need not paint again.

import type { MemberNo } from "#base/ids.ts";
import type { Message, ShownMessage } from "./conversation-types.ts";
import type { OutboxEntry } from "./store.ts";

const shownAs = new WeakMap<Message | OutboxEntry, ShownMessage>();

/** `over`: the same message with what is on its way to it. */
export function shownMessage(message: Message, me: MemberNo, over: Message | null): ShownMessage {
  if (!over) {
    const known = shownAs.get(message);
    if (known && known.mine === (message.author === me)) return known;
  }
  const { rev: _, ...fields } = over ?? message;
  const mine = message.author === me;
  const key = mine && message.name ? message.name : `${message.seq}`;
  const shown: ShownMessage = { ...fields, key, status: "sent", mine, changing: over !== null };
  if (!over) shownAs.set(message, shown);
  return shown;
}

export function shownEcho(entry: OutboxEntry, me: MemberNo): ShownMessage {
  const known = shownAs.get(entry);
  if (known && known.author === me) return known;
  const { name, text, createdAt, replyTo, refusal } = entry;
  const shown: ShownMessage = {
    key: name,
    status: refusal ? "failed" : "sending",
    mine: true,
    name,
    author: me,
    at: createdAt,
    text,
    ...(replyTo !== undefined && { replyTo }),
    reactions: [],
    changing: false,
    ...(refusal && { refusal }),
  };
  shownAs.set(entry, shown);
  return shown;
}
