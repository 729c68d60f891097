// Who is in the crowd of the scale runs: everything follows from a person's number, in SQL (seeding) and here
// (tokens) alike, so that a million people need no list. People come in blocks of a thousand, and know each other only
// within their block; a block's people sit at all gateways.

import { createHash } from "node:crypto";
import type { ConversationId, SessionId, UserId } from "#base/ids.ts";
import { makeToken } from "#core/accounts/token.ts";

export const blockPeople = 1_000;
/** The block of those who send and listen while the crowd is idle. */
export const probeBlock = 2_000;
export const probeRoomMembers = 100;

/** Kinds of conversations: each person is in one of each. `step` has no factor in common with the block. */
export const rounds = [
  { round: 0, members: 2, step: 11 },
  { round: 1, members: 10, step: 1 },
  { round: 2, members: 10, step: 3 },
  { round: 3, members: 10, step: 7 },
  { round: 4, members: 10, step: 9 },
] as const;
export const probeRound = 9;

const userStart = "5ca1e000-0000-7000-8000-";
const sessionStart = "5e550000-0000-7000-8000-";
const tail = (n: number) => n.toString(16).padStart(12, "0");

export function userOf(n: number): UserId {
  return (userStart + tail(n)) as UserId;
}

/** The conversation of that round which is its block's number `group`. */
export function conversationOf(round: number, block: number, group: number): ConversationId {
  const members = rounds.find((it) => it.round === round)?.members ?? probeRoomMembers;
  return (conversationStart(round) + tail((block * blockPeople) / members + group)) as ConversationId;
}

/** Who is member `slot` of that conversation. */
export function memberOf(round: number, block: number, group: number, slot: number): number {
  const { members, step } = rounds.find((it) => it.round === round)!;
  return block * blockPeople + (((group * members + slot) * step) % blockPeople);
}

export function tokenOf(n: number): string {
  const secret = createHash("sha256").update(`secret ${n}`).digest();
  return makeToken(userOf(n), (sessionStart + tail(n)) as SessionId, secret);
}

function conversationStart(round: number): string {
  return `c${round}000000-0000-7000-8000-`;
}

/** The same in SQL, of a number there. */
const sqlTail = (n: string) => `lpad(to_hex(${n}), 12, '0')`;
export const inSql = {
  user: (n: string) => `('${userStart}' || ${sqlTail(n)})::uuid`,
  session: (n: string) => `('${sessionStart}' || ${sqlTail(n)})::uuid`,
  conversation: (round: number, n: string) => `('${conversationStart(round)}' || ${sqlTail(n)})::uuid`,
  secretHash: (n: string) => `sha256(sha256(('secret ' || ${n})::bytea))`,
};
