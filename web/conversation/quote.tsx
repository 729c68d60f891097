// The message that another one answers, in a line; pressing it goes there.

import type { ConversationView, ShownMessage } from "#sdk/conversation-types.ts";

export function Quote(props: { message: ShownMessage | undefined; author: string; onJump: () => void }) {
  const { message } = props;
  return (
    <button type="button" class="quote" onClick={props.onJump}>
      <span class="only-heard">In reply to</span>
      <span class="quote-author">{message ? props.author : "An earlier message"}</span>
      <span>{message ? quotedText(message) : "Show it"}</span>
    </button>
  );
}

export function authorName(view: ConversationView, message: ShownMessage): string {
  return message.mine ? "You" : (view.member(message.author)?.displayName ?? "…");
}

export function quotedText(message: ShownMessage): string {
  return message.deletedAt === undefined ? message.text.slice(0, 200) : "This message was deleted.";
}
