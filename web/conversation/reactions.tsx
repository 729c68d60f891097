// Reactions under a message, and the small picker that adds one.

import { useEffect, useRef } from "preact/hooks";
import type { Reaction } from "#sdk/conversation-types.ts";

const offered = ["👍", "❤️", "😂", "🎉", "😮", "🙏"];

export function Reactions(props: {
  reactions: readonly Reaction[];
  onReact: (emoji: string, on: boolean) => void;
}) {
  if (props.reactions.length === 0) return null;
  return (
    <div class="reactions">
      {props.reactions.map(({ emoji, count, mine }) => (
        <button
          type="button"
          key={emoji}
          class="reaction"
          aria-pressed={mine}
          aria-label={`${emoji}, ${count}`}
          onClick={() => props.onReact(emoji, !mine)}
        >
          {emoji} {count}
        </button>
      ))}
    </div>
  );
}

export function ReactionPicker(props: { onPick: (emoji: string) => void; onClose: () => void }) {
  const picker = useRef<HTMLDivElement>(null);
  useEffect(() => picker.current?.querySelector("button")?.focus(), []);
  return (
    <div
      ref={picker}
      class="picker"
      role="toolbar"
      aria-label="Reactions"
      onKeyDown={(event) => moveFocus(event, props.onClose)}
    >
      {offered.map((emoji) => (
        <button
          type="button"
          key={emoji}
          aria-label={`React with ${emoji}`}
          onClick={() => props.onPick(emoji)}
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}

function moveFocus(event: KeyboardEvent, close: () => void): void {
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    close();
  } else if (step !== 0) {
    event.preventDefault();
    const sibling = step > 0 ? "nextElementSibling" : "previousElementSibling";
    (document.activeElement?.[sibling] as HTMLElement | null)?.focus();
  }
}
