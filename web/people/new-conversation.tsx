// Begins a conversation: with one person, in a group, or in a channel that all may join.

import { useSignal } from "@preact/signals";
import type { Person } from "#sdk/account-types.ts";
import type { ConversationKind } from "#sdk/conversation-types.ts";
import type { Client } from "#sdk/types.ts";
import { Dialog } from "#web/shell/dialog.tsx";
import { Problem } from "#web/shell/problem.tsx";
import { goTo } from "#web/shell/route.ts";
import { useAction } from "#web/shell/use-action.ts";
import { PersonPicker } from "./person-picker.tsx";

const kinds: Record<ConversationKind, { name: string; about: string }> = {
  direct: { name: "Person", about: "Between the two of you." },
  group: { name: "Group", about: "Only those who are added see it." },
  channel: { name: "Channel", about: "Everybody here can find and join it." },
};
const titleCharsMax = 120;

export function NewConversation(props: { client: Client; onClose: () => void }) {
  const { client } = props;
  const kind = useSignal<ConversationKind>("direct");
  const title = useSignal("");
  const chosen = useSignal<readonly Person[]>([]);
  const action = useAction();
  const isDirect = kind.value === "direct";
  const isReady = isDirect ? chosen.value.length === 1 : title.value.trim() !== "";
  const create = () =>
    action.run(
      () =>
        client.conversations.create({
          kind: kind.value,
          users: chosen.value.map((person) => person.user),
          ...(!isDirect && { title: title.value.trim() }),
        }),
      (id) => {
        props.onClose();
        goTo(id);
      },
    );
  return (
    <Dialog title="New conversation" onClose={props.onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) void create();
        }}
      >
        <div class="dialog-body">
          <fieldset class="kinds">
            <legend class="only-heard">Kind of conversation</legend>
            {(Object.keys(kinds) as ConversationKind[]).map((one) => (
              <button
                type="button"
                key={one}
                aria-pressed={kind.value === one}
                onClick={() => {
                  kind.value = one;
                  chosen.value = one === "direct" ? chosen.value.slice(0, 1) : chosen.value;
                }}
              >
                {kinds[one].name}
              </button>
            ))}
          </fieldset>
          <p class="hint field">{kinds[kind.value].about}</p>
          {!isDirect && (
            <div class="field">
              <label for="new-title">Title</label>
              <input
                id="new-title"
                maxLength={titleCharsMax}
                value={title.value}
                onInput={(event) => {
                  title.value = event.currentTarget.value;
                }}
              />
            </div>
          )}
          <PersonPicker client={client} chosen={chosen} single={isDirect} />
          <Problem text={action.problem} />
        </div>
        <div class="dialog-foot">
          <button type="submit" class="main-button" disabled={!isReady || action.busy.value}>
            Begin
          </button>
        </div>
      </form>
    </Dialog>
  );
}
