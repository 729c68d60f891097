// Where one is, kept in the address after "#": "#/c/<conversation>", or "#invite=<token>" from an invitation.
// What stands after "#" is never sent to a server.

import { signal } from "@preact/signals";
import type { ConversationItem } from "#sdk/conversation-types.ts";

type ConversationId = ConversationItem["id"];

export interface Route {
  readonly conversation: ConversationId | null;
  readonly invitation: string | null;
}

export const route = signal<Route>(read());
addEventListener("hashchange", () => {
  route.value = read();
});

function read(): Route {
  const hash = location.hash;
  const conversation = /^#\/c\/([0-9a-f-]{36})$/.exec(hash)?.[1] as ConversationId | undefined;
  const invitation = /^#invite=([\w-]+)$/.exec(hash)?.[1];
  return { conversation: conversation ?? null, invitation: invitation ?? null };
}

export function addressOf(conversation: ConversationId): string {
  return `#/c/${conversation}`;
}

export function goTo(conversation: ConversationId): void {
  location.hash = addressOf(conversation);
}

/** To the list; an invitation or a left conversation must not come back with the back button. */
export function goHome(): void {
  history.replaceState(null, "", location.pathname);
  route.value = read();
}
