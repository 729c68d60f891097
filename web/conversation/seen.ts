// Read receipts: under which of one's own messages they stand, and in which words.

import type { ConversationView } from "#sdk/conversation-types.ts";

/** The newest of one's own messages that somebody else has read. */
export function seenBelow(view: ConversationView): { key: string; words: string } | null {
  for (let i = view.messages.length - 1; i >= 0; i--) {
    const message = view.messages[i]!;
    if (!message.mine || message.seq === undefined) continue;
    const readers = [...view.readCursors].filter(([, seq]) => seq >= message.seq!).map(([member]) => member);
    if (readers.length > 0) return { key: message.key, words: words(view, readers) };
  }
  return null;
}

function words(
  view: ConversationView,
  readers: readonly Parameters<ConversationView["member"]>[0][],
): string {
  if (view.item?.kind === "direct") return "Seen";
  if (readers.length === (view.item?.memberCount ?? 0) - 1 && readers.length > 2) return "Seen by everyone";
  if (readers.length > 3) return `Seen by ${readers.length}`;
  return `Seen by ${readers.map((member) => view.member(member)?.displayName ?? "…").join(", ")}`;
}
