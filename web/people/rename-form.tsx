// The title of a group or channel.

import { useSignal } from "@preact/signals";
import type { ConversationItem } from "#sdk/conversation-types.ts";
import type { Client } from "#sdk/types.ts";
import { Problem } from "#web/shell/problem.tsx";
import { useAction } from "#web/shell/use-action.ts";

const titleCharsMax = 120;

export function RenameForm({ client, item }: { client: Client; item: ConversationItem }) {
  const title = useSignal<string | null>(null);
  const action = useAction();
  const words = (title.value ?? item.title).trim();
  return (
    <section>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(
            () => client.conversations.rename(item.id, words),
            () => {
              title.value = null;
            },
          );
        }}
      >
        <label for="conversation-title">Title</label>
        <div class="line">
          <input
            id="conversation-title"
            maxLength={titleCharsMax}
            value={title.value ?? item.title}
            onInput={(event) => {
              title.value = event.currentTarget.value;
            }}
          />
          <button
            type="submit"
            class="plain-button"
            disabled={words === "" || words === item.title || action.busy.value}
          >
            Rename
          </button>
        </div>
        <Problem text={action.problem} />
      </form>
    </section>
  );
}
