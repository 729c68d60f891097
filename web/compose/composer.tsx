// Where one writes: Enter sends, Shift+Enter begins a new line, what is begun is kept for each conversation.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { ConversationView, ShownMessage } from "#sdk/conversation-types.ts";
import { maxima } from "#sdk/maxima.ts";
import { authorName, quotedText } from "#web/conversation/quote.tsx";
import { Icon, IconButton } from "#web/shell/icons.tsx";
import { plainWords } from "#web/shell/words.ts";
import { draftOf, keepDraft } from "./drafts.ts";

export function Composer(props: {
  view: ConversationView;
  replying: Signal<ShownMessage | null>;
  editing: Signal<ShownMessage | null>;
  onSent: () => void;
}) {
  const { view, replying, editing } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const text = useSignal(draftOf(view.id));
  const problem = useSignal("");
  const tooLong = lengthProblem(text.value);
  const edited = editing.value;
  const answered = replying.value;

  // Before the next keystroke can come: what is typed then must not be overwritten.
  useLayoutEffect(() => {
    if (edited) text.value = edited.text;
    if (edited || answered) field.current?.focus();
  }, [edited, answered]);
  useEffect(() => {
    if (!matchMedia("(hover: none)").matches) field.current?.focus();
  }, [view]);
  useLayoutEffect(() => {
    const box = field.current!;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }, [text.value]);

  const write = (words: string) => {
    text.value = words;
    problem.value = "";
    if (edited) return;
    keepDraft(view.id, words);
    if (words.trim()) view.type();
  };
  const stopEditing = () => {
    editing.value = null;
    text.value = draftOf(view.id);
  };
  const submit = async () => {
    const words = text.value.trim();
    if (!words || tooLong) return;
    if (edited) {
      stopEditing();
      const answer = words === edited.text ? null : await view.edit(edited.seq!, words);
      if (answer && !answer.ok) problem.value = plainWords(answer.refusal);
      return;
    }
    write("");
    replying.value = null;
    const answer = await view.send(words, answered?.seq === undefined ? {} : { replyTo: answered.seq });
    if (answer.ok) return props.onSent();
    problem.value = plainWords(answer.refusal);
    if (!text.value) write(words);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void submit();
    } else if (event.key === "Escape" && (edited || answered)) {
      event.preventDefault();
      if (edited) stopEditing();
      replying.value = null;
    } else if (event.key === "ArrowUp" && text.value === "" && !edited) {
      const last = view.messages.findLast((message) => message.mine && isEditable(message));
      if (last) {
        event.preventDefault();
        editing.value = last;
      }
    }
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div class="composer-column">
        {(tooLong || problem.value) && (
          <p class="problem" role="alert">
            {tooLong || problem.value}
          </p>
        )}
        {edited && <About title="Editing" text={edited.text} label="Stop editing" onClose={stopEditing} />}
        {answered && (
          <About
            title={`Reply to ${authorName(view, answered)}`}
            text={quotedText(answered)}
            label="Do not reply"
            onClose={() => (replying.value = null)}
          />
        )}
        <div class="composer-box">
          <textarea
            ref={field}
            rows={1}
            aria-label={`Message to ${view.item?.title ?? "this conversation"}`}
            placeholder="Write a message"
            enterkeyhint="send"
            value={text.value}
            onInput={(event) => write(event.currentTarget.value)}
            onKeyDown={keys}
          />
          <button
            type="submit"
            class="icon-button send-button"
            aria-label={edited ? "Save" : "Send"}
            title={edited ? "Save" : "Send"}
            disabled={text.value.trim() === "" || tooLong !== ""}
          >
            <Icon name={edited ? "tick" : "send"} />
          </button>
        </div>
      </div>
    </form>
  );
}

function About(props: { title: string; text: string; label: string; onClose: () => void }) {
  return (
    <div class="composer-about">
      <div class="quote">
        <span class="quote-author">{props.title}</span>
        <span>{props.text}</span>
      </div>
      <IconButton icon="close" label={props.label} onClick={props.onClose} />
    </div>
  );
}

function isEditable(message: ShownMessage): boolean {
  return message.seq !== undefined && message.deletedAt === undefined;
}

function lengthProblem(text: string): string {
  if (text.length * 3 <= maxima.textBytesMax) return "";
  const over = new TextEncoder().encode(text.trim()).length - maxima.textBytesMax;
  if (over <= 0) return "";
  return `This is too long for one message, by about ${over.toLocaleString()} characters.`;
}
