// What others see of accounts and sessions: named field by field, so that nothing new is told by accident.

import type { SessionId } from "#base/ids.ts";
import type { Account, Session } from "#ports/accounts.ts";

export function accountView({ user, handle, displayName, isOwner, isBot, createdAt }: Account) {
  return { user, handle, displayName, isOwner, isBot, createdAt };
}

export function profileView({ user, handle, displayName, isBot }: Account) {
  return { user, handle, displayName, isBot };
}

export function sessionView(
  { session, device, createdAt, lastSeenAt, expiresAt }: Session,
  current: SessionId,
) {
  return { session, device, createdAt, lastSeenAt, expiresAt, current: session === current };
}
