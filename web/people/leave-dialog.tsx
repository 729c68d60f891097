// Asks before one leaves.

import type { ConversationItem } from "#sdk/conversation-types.ts";
import type { Client } from "#sdk/types.ts";
import { Dialog } from "#web/shell/dialog.tsx";
import { Problem } from "#web/shell/problem.tsx";
import { useAction } from "#web/shell/use-action.ts";

export function LeaveDialog(props: {
  client: Client;
  item: ConversationItem;
  onClose: () => void;
  onLeft: () => void;
}) {
  const { client, item } = props;
  const action = useAction();
  const isChannel = item.kind === "channel";
  return (
    <Dialog title={`Leave ${item.title}?`} onClose={props.onClose}>
      <div class="dialog-body">
        <p>
          {isChannel ? "You can join again at any time." : "To come back, somebody has to add you again."}
        </p>
        <Problem text={action.problem} />
      </div>
      <div class="dialog-foot">
        <button type="button" class="plain-button" onClick={props.onClose}>
          Stay
        </button>
        <button
          type="button"
          class="main-button"
          disabled={action.busy.value}
          onClick={() => void action.run(() => client.conversations.leave(item.id), props.onLeft)}
        >
          Leave
        </button>
      </div>
    </Dialog>
  );
}
