// The members of a conversation, page by page, read again when something changed in it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ConversationItem, Member } from "#sdk/conversation-types.ts";
import type { Client } from "#sdk/types.ts";

const pageCount = 100;

export interface Members {
  readonly members: readonly Member[];
  readonly hasMore: boolean;
  readonly more: () => void;
  readonly again: () => void;
}

export function useMembers(client: Client, id: ConversationItem["id"]): Members {
  const members = useSignal<readonly Member[]>([]);
  const next = useSignal<number | undefined>(undefined);
  const count = client.conversations.item(id)?.memberCount;
  const role = client.conversations.item(id)?.role;

  const read = async (after: number | undefined) => {
    const page = { limit: pageCount, ...(after !== undefined && { after }) };
    const answer = await client.conversations.members(id, page);
    if (!answer.ok) return;
    const active = answer.value.members.filter((member) => member.active);
    members.value = after === undefined ? active : [...members.value, ...active];
    next.value = answer.value.next;
  };
  useEffect(() => void read(undefined), [client, id, count, role]);
  return {
    members: members.value,
    hasMore: next.value !== undefined,
    more: () => void read(next.value),
    again: () => void read(undefined),
  };
}
