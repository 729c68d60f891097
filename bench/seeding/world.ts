// Who and what the bench's server knows, derived from a seed, so that any process of a run can say a user's
// token or a conversation's id without asking. Users 0 - 999 do the journeys; the crowd comes after them.

import { createHash } from "node:crypto";
import { type ConversationId, type SessionId, type UserId, uuidV7 } from "#base/ids.ts";
import { makeToken } from "#core/accounts/token.ts";
import { directConversationId } from "#core/conversations/direct-id.ts";

export const journeyUsers = 1000;
/** The members of the hot room, apart from everybody else. */
export const hotUsersFrom = 1_000_000;
const bornMs = Date.UTC(2026, 0, 1);

export interface World {
  user(n: number): UserId;
  session(n: number): SessionId;
  secret(n: number): Uint8Array;
  token(n: number): string;
  pair(n: number): ConversationId;
  room(n: number): ConversationId;
  largeRoom(): ConversationId;
  longHistory(): ConversationId;
  hotRoom(): ConversationId;
  crowdConversation(n: number): ConversationId;
}

export function worldOf(seed: number): World {
  const drawn = (what: string, n: number) => createHash("sha256").update(`${seed} ${what} ${n}`).digest();
  const id = (what: string, n: number) => uuidV7(bornMs + n, drawn(what, n).subarray(0, 10));
  const world: World = {
    user: (n) => id("user", n) as UserId,
    session: (n) => id("session", n) as SessionId,
    secret: (n) => drawn("secret", n),
    token: (n) => makeToken(world.user(n), world.session(n), world.secret(n)),
    pair: (n) => directConversationId(world.user(2 * n), world.user(2 * n + 1)),
    room: (n) => id("room", n) as ConversationId,
    largeRoom: () => id("large room", 0) as ConversationId,
    longHistory: () => id("long history", 0) as ConversationId,
    hotRoom: () => id("hot room", 0) as ConversationId,
    crowdConversation: (n) => id("crowd conversation", n) as ConversationId,
  };
  return world;
}
