// Who is writing just now.

import type { ConversationView } from "#sdk/conversation-types.ts";

export function TypingLine({ view }: { view: ConversationView }) {
  const names = view.typing.map((member) => view.member(member)?.displayName ?? "Somebody");
  return (
    <p class="typing">
      <span>{words(names)}</span>
    </p>
  );
}

function words(names: readonly string[]): string {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  return "Several people are typing…";
}
