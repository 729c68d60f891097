// The list of conversations: newest activity first, with what is unread; and a search among them.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ConversationItem } from "#sdk/conversation-types.ts";
import type { Client } from "#sdk/types.ts";
import { Avatar } from "#web/shell/avatar.tsx";
import { Icon } from "#web/shell/icons.tsx";
import { addressOf, route } from "#web/shell/route.ts";
import { briefTime } from "#web/shell/times.ts";
import { useTold } from "#web/shell/told.ts";

/** So many people at the top of the list have their presence watched. */
const watchedCount = 30;

export function ConversationList({ client }: { client: Client }) {
  useTold(client, "conversations", "presence");
  const words = useSignal("");
  const all = client.conversations.list;
  const sought = words.value.trim().toLowerCase();
  const shown = sought ? all.filter((item) => item.title.toLowerCase().includes(sought)) : all;

  const others = all.flatMap((item) => item.other?.user ?? []).slice(0, watchedCount);
  const watched = [...others].sort().join(" ");
  useEffect(() => (others.length > 0 ? client.presence.watch(others) : undefined), [client, watched]);

  return (
    <>
      <div class="rail-search">
        <input
          type="search"
          placeholder="Search conversations"
          aria-label="Search conversations"
          value={words.value}
          onInput={(event) => (words.value = event.currentTarget.value)}
        />
      </div>
      <ul class="rail-list">
        {shown.map((item) => (
          <li key={item.id}>
            <Item client={client} item={item} />
          </li>
        ))}
        {shown.length === 0 && <li class="empty">{nothing(client, sought)}</li>}
      </ul>
    </>
  );
}

function nothing(client: Client, sought: string): string {
  if (sought) return "No conversation has this name.";
  return client.conversations.complete ? "No conversations yet. Begin one with +." : "Loading…";
}

function Item({ client, item }: { client: Client; item: ConversationItem }) {
  const isOnline = item.other !== undefined && client.presence.of(item.other.user)?.online === true;
  const isOpen = route.value.conversation === item.id;
  return (
    <a class="rail-item" href={addressOf(item.id)} aria-current={isOpen ? "page" : undefined}>
      <Avatar
        of={item.other?.user ?? item.id}
        name={item.title}
        room={item.kind !== "direct"}
        online={isOnline}
      >
        {item.kind === "channel" ? <Icon name="hash" /> : undefined}
      </Avatar>
      <div>
        <p class="rail-name">{item.title}</p>
        <p class="rail-last">{lastWords(client, item)}</p>
      </div>
      <div class="rail-side">
        <span class="rail-when">{briefTime(item.activeAt)}</span>
        {item.unread > 0 && (
          <span class="unread">
            {item.unread > 99 ? "99+" : item.unread}
            <span class="only-heard"> unread</span>
          </span>
        )}
      </div>
    </a>
  );
}

function lastWords(client: Client, item: ConversationItem): string {
  const message = item.lastMessage;
  if (!message) return "Nothing said yet";
  if (message.deletedAt !== undefined) return "A message was deleted";
  const isOwn = item.lastAuthorName !== undefined && item.lastAuthorName === client.me?.account?.displayName;
  if (item.kind === "direct") return message.text;
  return `${isOwn ? "You" : (item.lastAuthorName ?? "…")}: ${message.text}`;
}
