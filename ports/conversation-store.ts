// Conversations and their members, conversation side. Rules P10 - P15 in ports/SPEC.md.
//
// P10 create is idempotent by id: the second call answers with what the first stored and created = false.
// P11 every change takes the next rev of its conversation, gapless together with the message log's.
// P12 member numbers are given once, in joining order; who returns has the old number again.
// P13 adding an active member, removing an absent one, setting the role or title that stands, takes no rev.
// P14 every membership change is in the outbox when its promise fulfils.
// P15 a conversation keeps at least one owner: what would leave a non-empty group or channel without one is refused.

import type { ConversationId, MemberNo, UserId } from "#base/ids.ts";
import type { Result } from "#base/result.ts";
import type { Conversation, ConversationKind, Member, Role } from "#core/conversations/conversation.ts";
import type { Change } from "#core/messages/message.ts";

export interface NewConversation {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  readonly title: string;
  readonly homeRegion: string;
  readonly createdAt: number;
  /** Numbered 1, 2, ... in this order. */
  readonly members: readonly { readonly user: UserId; readonly role: Role }[];
}

export type MemberRefusal = "unknown_conversation" | "not_a_member" | "last_owner" | "too_many";
export type MemberChange = Extract<Change, { kind: "member" }>;

export interface ConversationStore {
  create(
    conversation: NewConversation,
  ): Promise<{ created: boolean; conversation: Conversation; members: readonly Member[] }>;
  /** In the order of `ids`; null where there is none. */
  conversations(ids: readonly ConversationId[]): Promise<readonly (Conversation | null)[]>;
  /** In the order of `pairs`; null for who was never a member. */
  memberships(
    pairs: readonly { conversation: ConversationId; user: UserId }[],
  ): Promise<readonly (Member | null)[]>;
  /** Members with numbers above `after`, in rising number, left ones only with `alsoLeft`. */
  members(
    conversation: ConversationId,
    after: number,
    count: number,
    alsoLeft: boolean,
  ): Promise<readonly Member[]>;
  /** In the order of `places`, over many conversations; null for a number that nobody has. */
  membersAt(
    places: readonly { conversation: ConversationId; member: MemberNo }[],
  ): Promise<readonly (Member | null)[]>;
  membersByNumber(conversation: ConversationId, numbers: readonly MemberNo[]): Promise<readonly Member[]>;
  /** The changes that were made (none for who is active already). `displayName` in them is empty. */
  addMembers(
    conversation: ConversationId,
    users: readonly UserId[],
    role: Role,
    membersMax: number,
  ): Promise<Result<readonly MemberChange[], MemberRefusal>>;
  /** Sets `role` or takes the member out (`active: false`). null: it stood so already. */
  setMember(
    conversation: ConversationId,
    user: UserId,
    wish: { role: Role } | { active: false },
  ): Promise<Result<MemberChange | null, MemberRefusal>>;
  rename(
    conversation: ConversationId,
    title: string,
  ): Promise<Result<Extract<Change, { kind: "conversation" }> | null, "unknown_conversation">>;
  /** Channels that anyone may join, newest first, whose title contains `words`. */
  channels(words: string, count: number): Promise<readonly Conversation[]>;
}
