// Says new messages of the open conversation to who listens instead of looking.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client } from "#sdk/types.ts";
import { route } from "./route.ts";

export function LiveRegion({ client }: { client: Client }) {
  const said = useSignal("");
  useEffect(
    () =>
      client.on("message", ({ conversation, message, mine, missed }) => {
        if (mine || missed) return;
        const item = client.conversations.item(conversation);
        const who = item?.lastMessage?.seq === message.seq ? item.lastAuthorName : undefined;
        const isOpen = route.value.conversation === conversation;
        said.value = isOpen
          ? `${who ?? "New message"}: ${message.text}`
          : `New message in ${item?.title ?? "a conversation"}`;
      }),
    [client],
  );
  return (
    <p class="only-heard" aria-live="polite" data-role="said">
      {said.value}
    </p>
  );
}
