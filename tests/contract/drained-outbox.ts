// One consumer of the outbox that starts where the outbox ends now, so that a test sees its own entries only.

import type { ConversationId } from "#base/ids.ts";
import type { MembershipRow } from "#ports/inbox.ts";
import type { Outbox, OutboxEntry, OutboxEvent } from "#ports/outbox.ts";
import { nextTime } from "./made-up.ts";

export interface Consumer {
  readonly name: string;
  /** What is new, confirmed at once. */
  next(): Promise<OutboxEntry[]>;
}

export async function consumerAtTheEnd(outbox: Outbox): Promise<Consumer> {
  const name = `consumer-${nextTime()}`;
  const next = async () => {
    const entries: OutboxEntry[] = [];
    for (;;) {
      const some = await outbox.read(name, 500);
      if (some.length === 0) return entries;
      entries.push(...some);
      await outbox.confirm(name, some.at(-1)!.position);
    }
  };
  await next();
  return { name, next };
}

export function eventsOf(entries: readonly OutboxEntry[], conversation: ConversationId): OutboxEvent[] {
  return entries.map((entry) => entry.event).filter((event) => concerns(event, conversation));
}

export function membershipsOf(
  entries: readonly OutboxEntry[],
  conversation: ConversationId,
): MembershipRow[] {
  return entries
    .flatMap(({ event }) => (event.kind === "memberships" ? event.rows : []))
    .filter((row) => row.conversation === conversation);
}

function concerns(event: OutboxEvent, conversation: ConversationId): boolean {
  switch (event.kind) {
    case "messages":
      return event.ranges.some((range) => range.conversation === conversation);
    case "changed":
      return event.conversation === conversation;
    case "memberships":
      return event.rows.some((row) => row.conversation === conversation);
  }
}
