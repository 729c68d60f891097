// An open conversation: its head, its messages, who is typing, and where one writes.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { ConversationItem, ConversationView, ShownMessage } from "#sdk/conversation-types.ts";
import type { Client } from "#sdk/types.ts";
import { Composer } from "#web/compose/composer.tsx";
import { Dialog } from "#web/shell/dialog.tsx";
import { Problem } from "#web/shell/problem.tsx";
import { useTold } from "#web/shell/told.ts";
import { useAction } from "#web/shell/use-action.ts";
import { ConversationHead } from "./conversation-head.tsx";
import type { MessageActs } from "./message-item.tsx";
import { type Goal, MessageList } from "./message-list.tsx";
import { TypingLine } from "./typing-line.tsx";

/** Give it the conversation's id as `key`: each conversation has a view of its own. */
export function ConversationPage(props: {
  client: Client;
  id: ConversationItem["id"];
  isPanelOpen: boolean;
  onPanel: () => void;
}) {
  const { client, id } = props;
  const isOpened = useSignal(false);
  const view = useOpenView(client, id, () => {
    isOpened.value = true;
  });
  useTold(client, "conversations", "presence");
  const goal = useSignal<Goal | null>(null);
  const replying = useSignal<ShownMessage | null>(null);
  const editing = useSignal<ShownMessage | null>(null);
  const removing = useSignal<ShownMessage | null>(null);
  const action = useAction();

  const goToNewest = () => {
    if (!view.hasAfter) goal.value = { kind: "newest" };
    else
      void action.run(
        () => view.openAtHead(),
        () => (goal.value = { kind: "newest" }),
      );
  };
  const goToMessage = (seq: Seq) => {
    const there = () => (goal.value = { kind: "message", seq });
    if (view.messages.some((message) => message.seq === seq)) there();
    else void action.run(() => view.openAround(seq), there);
  };
  const acts = useMemo<MessageActs>(
    () => ({
      react: (message, emoji, on) => void action.run(() => view.react(message.seq!, emoji, on)),
      reply: (message) => {
        editing.value = null;
        replying.value = message;
      },
      edit: (message) => {
        replying.value = null;
        editing.value = message;
      },
      remove: (message) => {
        removing.value = message;
      },
      jump: (seq) => goToMessage(seq as Seq),
    }),
    [view],
  );

  return (
    <>
      <ConversationHead client={client} view={view} isPanelOpen={props.isPanelOpen} onPanel={props.onPanel} />
      {view.messages.length > 0 ? (
        <MessageList view={view} isOpened={isOpened.value} goal={goal} onNewest={goToNewest} acts={acts} />
      ) : (
        <Nothing view={view} />
      )}
      <TypingLine view={view} />
      <Problem text={action.problem} />
      <Composer view={view} replying={replying} editing={editing} onSent={goToNewest} />
      {removing.value && (
        <RemoveDialog view={view} message={removing.value} onClose={() => (removing.value = null)} />
      )}
    </>
  );
}

type Seq = NonNullable<ShownMessage["seq"]>;

function useOpenView(client: Client, id: ConversationItem["id"], opened: () => void): ConversationView {
  const view = useMemo(() => client.conversation(id), [client, id]);
  const told = useSignal(0);
  void told.value;
  useEffect(() => {
    const end = view.on("change", () => void told.value++);
    void view.openAtUnread().then(opened, opened);
    return () => {
      end();
      view.close();
    };
  }, [view]);
  return view;
}

function Nothing({ view }: { view: ConversationView }) {
  const isLoading = view.loading || (view.item?.lastSeq ?? 0) > 0;
  return (
    <div class="empty" aria-busy={isLoading}>
      {isLoading ? (
        <p>Loading messages…</p>
      ) : (
        <>
          <h2>Nothing has been said here yet</h2>
          <p>Write the first message below.</p>
        </>
      )}
    </div>
  );
}

function RemoveDialog(props: { view: ConversationView; message: ShownMessage; onClose: () => void }) {
  const action = useAction();
  return (
    <Dialog title="Delete this message?" onClose={props.onClose}>
      <div class="dialog-body">
        <p>It disappears for everyone; that there was a message stays visible.</p>
        <Problem text={action.problem} />
      </div>
      <div class="dialog-foot">
        <button type="button" class="plain-button" onClick={props.onClose}>
          Keep it
        </button>
        <button
          type="button"
          class="main-button"
          disabled={action.busy.value}
          onClick={() => void action.run(() => props.view.remove(props.message.seq!), props.onClose)}
        >
          Delete
        </button>
      </div>
    </Dialog>
  );
}
