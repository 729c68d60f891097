// The head of an open conversation: whose it is, and how to see its people.

import { useEffect } from "preact/hooks";
import type { ConversationItem, ConversationView } from "#sdk/conversation-types.ts";
import type { Client } from "#sdk/types.ts";
import { Avatar } from "#web/shell/avatar.tsx";
import { Icon, IconButton } from "#web/shell/icons.tsx";
import { goHome } from "#web/shell/route.ts";
import { briefTime } from "#web/shell/times.ts";

export function ConversationHead(props: {
  client: Client;
  view: ConversationView;
  isPanelOpen: boolean;
  onPanel: () => void;
}) {
  const { client } = props;
  const item = props.view.item;
  const other = item?.other;
  useEffect(() => (other ? client.presence.watch([other.user]) : undefined), [client, other?.user]);
  const isOnline = other !== undefined && client.presence.of(other.user)?.online === true;
  return (
    <header class="bar">
      <IconButton icon="back" label="Back to the conversations" class="back" onClick={goHome} />
      {item && (
        <Avatar of={other?.user ?? item.id} name={item.title} room={item.kind !== "direct"} online={isOnline}>
          {item.kind === "channel" ? <Icon name="hash" /> : undefined}
        </Avatar>
      )}
      <div class="bar-title">
        <h1>{item?.title ?? "…"}</h1>
        <p>{item ? about(client, item) : ""}</p>
      </div>
      <IconButton icon="people" label="People" expanded={props.isPanelOpen} onClick={props.onPanel} />
    </header>
  );
}

function about(client: Client, item: ConversationItem): string {
  if (item.other) {
    const presence = client.presence.of(item.other.user);
    if (presence?.online) return "Online";
    return presence?.lastSeenAt ? `Last here ${briefTime(presence.lastSeenAt)}` : `@${item.other.handle}`;
  }
  const people = item.memberCount === 1 ? "1 person" : `${item.memberCount} people`;
  return item.kind === "channel" ? `Channel, ${people}` : people;
}
