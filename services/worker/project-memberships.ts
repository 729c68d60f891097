// Feeds the user side from the durable events: memberships into inboxes. At least once and idempotent; what the
// messaging service has put there already changes nothing, what it could not (a crash between) is made good here.

import type { EventBus } from "#ports/event-bus.ts";
import type { Inbox, MembershipRow } from "#ports/inbox.ts";
import type { Consumer } from "./consume.ts";

export interface MembershipProjectionNeeds {
  readonly inbox: Pick<Inbox, "apply">;
  readonly bus: Pick<EventBus, "publishUser">;
}

export const membershipConsumer = "memberships";
const batchMax = 500;

export function membershipProjection({ inbox, bus }: MembershipProjectionNeeds): Consumer {
  return {
    name: membershipConsumer,
    batchMax,
    // Nobody waits for this: the messaging service has written the usual case.
    isPrompt: false,
    async handle(events) {
      const rows = events.flatMap((event) => (event.kind === "memberships" ? event.rows : []));
      if (rows.length === 0) return;
      for (const row of await inbox.apply(rows)) announce(bus, row);
    },
  };
}

/** Only for rows that were news to the inbox: an older row must not bring back who has left since. */
function announce(bus: Pick<EventBus, "publishUser">, row: MembershipRow): void {
  const { user, conversation, member, rev, active } = row;
  if (!active) return bus.publishUser({ kind: "left", user, conversation });
  bus.publishUser({
    kind: "joined",
    user,
    member: { user, conversation, member, rev, active, role: "member" },
  });
}
