// Who is in a conversation and what it is called: create, rename, add, remove, promote, join, leave. Each change is
// written alone in its lane, put into the inboxes of those concerned, and announced.

import type { ConversationId, Seq, UserId } from "#base/ids.ts";
import { ok, type Result, refused } from "#base/result.ts";
import type { Conversation, ConversationKind, Member, Role } from "#core/conversations/conversation.ts";
import * as decide from "#core/conversations/decide.ts";
import { directConversationId } from "#core/conversations/direct-id.ts";
import { decideMembership } from "#core/messages/decide.ts";
import type { Refusal } from "#core/refusal.ts";
import type { ConversationStore, MemberChange, MemberRefusal } from "#ports/conversation-store.ts";
import type { Inbox } from "#ports/inbox.ts";
import { memberOf } from "./announce.ts";
import type { ChangeParts } from "./change-message.ts";
import { type People, withDisplayNames } from "./people.ts";

export interface MemberParts extends ChangeParts {
  readonly store: ConversationStore;
  readonly inbox: Inbox;
  readonly people: People;
  readonly newConversationId: () => ConversationId;
  readonly homeRegion: string;
}

type Answer<T> = Promise<Result<T, Refusal>>;

export async function createConversation(
  parts: MemberParts,
  user: UserId,
  kind: ConversationKind,
  title: string,
  users: readonly UserId[],
): Answer<Conversation> {
  const others = [...new Set(users)].filter((other) => kind === "direct" || other !== user);
  const decision = decide.decideCreate(kind, title, user, others, parts.limits);
  if (!decision.ok) return decision;
  if ((await parts.people.accounts(others)).includes(null)) {
    return refused({ reason: "not_allowed", detail: "one of the users does not exist" });
  }
  const id = kind === "direct" ? directConversationId(user, others[0]!) : parts.newConversationId();
  const members = [
    { user, role: kind === "direct" ? ("member" as const) : ("owner" as const) },
    ...others.map((other) => ({ user: other, role: "member" as const })),
  ];
  const fresh = { id, kind, title: kind === "direct" ? "" : title, homeRegion: parts.homeRegion, members };
  return inTurn(parts, id, async () => {
    const made = await parts.store.create({ ...fresh, createdAt: parts.clock.now() });
    await putIntoInboxes(parts, made.conversation, made.members);
    if (made.created) for (const member of made.members) parts.announcer.membership(member);
    return ok(made.conversation);
  });
}

export async function renameConversation(
  parts: MemberParts,
  user: UserId,
  id: ConversationId,
  title: string,
): Answer<null> {
  const decision = decide.decideTitle(title, parts.limits);
  if (!decision.ok) return decision;
  return asMember(parts, user, id, async (me, conversation) => {
    const may = decide.decideRename(me, conversation);
    if (!may.ok) return may;
    const renamed = await parts.store.rename(id, title);
    if (!renamed.ok) return refused({ reason: renamed.refusal });
    parts.facts.changed(id, []);
    if (renamed.value) parts.announcer.change(id, renamed.value);
    return ok(null);
  });
}

export async function addMembers(
  parts: MemberParts,
  user: UserId,
  id: ConversationId,
  users: readonly UserId[],
): Answer<null> {
  if (users.length > parts.limits.addAtOnceMax) return refused({ reason: "too_many" });
  if ((await parts.people.accounts(users)).includes(null)) {
    return refused({ reason: "not_allowed", detail: "one of the users does not exist" });
  }
  return asMember(parts, user, id, async (me, conversation) => {
    const may = decide.decideAdd(me, conversation);
    if (!may.ok) return may;
    const added = await admit(parts, conversation, users);
    return added.ok ? ok(null) : added;
  });
}

export async function removeMember(
  parts: MemberParts,
  user: UserId,
  id: ConversationId,
  other: UserId,
): Answer<null> {
  return asMember(parts, user, id, async (me, conversation) => {
    const [theirs] = await parts.store.memberships([{ conversation: id, user: other }]);
    if (!theirs?.active) return refused({ reason: "not_allowed", detail: "not a member" });
    const may = decide.decideRemove(me, theirs, conversation);
    return may.ok ? setMember(parts, conversation, other, { active: false }) : may;
  });
}

export async function setRole(
  parts: MemberParts,
  user: UserId,
  id: ConversationId,
  other: UserId,
  role: Role,
): Answer<null> {
  return asMember(parts, user, id, async (me, conversation) => {
    const [theirs] = await parts.store.memberships([{ conversation: id, user: other }]);
    if (!theirs?.active) return refused({ reason: "not_allowed", detail: "not a member" });
    const may = decide.decideRole(me, theirs, role, conversation);
    return may.ok ? setMember(parts, conversation, other, { role }) : may;
  });
}

export async function leaveConversation(parts: MemberParts, user: UserId, id: ConversationId): Answer<null> {
  return asMember(parts, user, id, async (_, conversation) => {
    const may = decide.decideLeave(conversation);
    return may.ok ? setMember(parts, conversation, user, { active: false }) : may;
  });
}

export async function joinChannel(parts: MemberParts, user: UserId, id: ConversationId): Answer<Member> {
  return inTurn(parts, id, async () => {
    const conversation = await parts.facts.conversation(id);
    const may = decide.decideJoin(conversation);
    if (!may.ok) return may;
    const added = await admit(parts, conversation!, [user]);
    if (!added.ok) return added;
    const [member] = await parts.store.memberships([{ conversation: id, user }]);
    return member?.active ? ok(member) : refused({ reason: "unknown_conversation" });
  });
}

async function admit(parts: MemberParts, conversation: Conversation, users: readonly UserId[]): Answer<null> {
  const role = conversation.memberCount === 0 ? "owner" : "member"; // an empty channel belongs to who comes first
  const added = await parts.store.addMembers(conversation.id, users, role, parts.limits.membersMax);
  if (!added.ok) return refused(memberRefusal(added.refusal));
  await tell(parts, conversation, added.value);
  return ok(null);
}

async function setMember(
  parts: MemberParts,
  conversation: Conversation,
  user: UserId,
  wish: { role: Role } | { active: false },
): Answer<null> {
  const set = await parts.store.setMember(conversation.id, user, wish);
  if (!set.ok) return refused(memberRefusal(set.refusal));
  await tell(parts, conversation, set.value ? [set.value] : []);
  return ok(null);
}

async function tell(
  parts: MemberParts,
  conversation: Conversation,
  changes: readonly MemberChange[],
): Promise<void> {
  if (changes.length === 0) return;
  parts.facts.changed(
    conversation.id,
    changes.map((change) => change.user),
  );
  for (const change of changes) parts.facts.committed(conversation.id, change.rev, 0 as Seq);
  await putIntoInboxes(
    parts,
    conversation,
    changes.map((change) => memberOf(conversation.id, change)),
  );
  parts.announcer.members(conversation.id, await withDisplayNames(parts.people, changes));
}

/** The outbox brings these rows too (P14); writing them here lets the caller read what they wrote. */
async function putIntoInboxes(
  parts: MemberParts,
  conversation: Conversation,
  members: readonly Member[],
): Promise<void> {
  const fresh = await parts.facts.conversation(conversation.id);
  const joinedSeq = fresh?.lastSeq ?? conversation.lastSeq;
  await parts.inbox.apply(
    members.map(({ user, member, rev, active }) => ({
      user,
      conversation: conversation.id,
      member,
      rev,
      active,
      joinedSeq,
    })),
  );
}

/**
 * Facts are read inside the lane, so that nothing changes between the check and its write; and before it, so that
 * the caller's earlier commands, which may wait for theirs, are in the lane first (P36).
 */
async function asMember<T>(
  parts: MemberParts,
  user: UserId,
  id: ConversationId,
  act: (me: Member, conversation: Conversation) => Answer<T>,
): Answer<T> {
  await parts.facts.of(user, id);
  return inTurn(parts, id, async () => {
    const { member, conversation } = await parts.facts.of(user, id);
    const me = decideMembership(member);
    if (!me.ok) return me;
    return conversation ? act(me.value, conversation) : refused({ reason: "unknown_conversation" });
  });
}

function inTurn<T>(parts: MemberParts, id: ConversationId, act: () => Answer<T>): Answer<T> {
  const overloaded = refused({ reason: "overloaded" as const, retryAfterMs: parts.limits.overloadedRetryMs });
  return parts.queue.alone(id, act) ?? Promise.resolve(overloaded);
}

function memberRefusal(refusal: MemberRefusal): Refusal {
  switch (refusal) {
    case "last_owner":
      return { reason: "not_allowed", detail: "the last owner stays: make someone else an owner first" };
    case "not_a_member":
      return { reason: "not_allowed", detail: "not a member" };
    default:
      return { reason: refusal };
  }
}
