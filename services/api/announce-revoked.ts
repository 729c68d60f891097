// Tells whoever holds sockets of these sessions that they are over.

import type { SessionId, UserId } from "#base/ids.ts";
import type { EventBus } from "#ports/event-bus.ts";

export function announceRevoked(
  events: Pick<EventBus, "publishUser">,
  user: UserId,
  sessions: readonly SessionId[],
): void {
  for (const session of sessions) events.publishUser({ kind: "revoked", user, session });
}
