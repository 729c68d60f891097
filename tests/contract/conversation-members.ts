// The contract of the conversation store, rules P12 - P15: members, their numbers, roles and entries in the outbox.

import { beforeAll, expect, test } from "bun:test";
import type { ConversationId, UserId } from "#base/ids.ts";
import type { Role } from "#core/conversations/conversation.ts";
import type { ConversationStore, MemberRefusal } from "#ports/conversation-store.ts";
import { consumerAtTheEnd, membershipsOf } from "./drained-outbox.ts";
import { fill, newConversationId, newUsers, no, openConversation, rev, seq } from "./made-up.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export function membersContract(storeOf: () => StoreUnderTest): void {
  let store: StoreUnderTest;
  let conversations: ConversationStore;
  let other: ConversationStore;
  beforeAll(() => {
    store = storeOf();
    conversations = store.conversationStore;
    other = store.other.conversationStore;
  });

  const head = async (id: ConversationId) => (await other.conversations([id]))[0]!;
  const refused = (refusal: MemberRefusal) => ({ ok: false as const, refusal });
  const nothing = { ok: true as const, value: null };

  test("[P12] numbers are given in the order of joining; who returns has the old one and the new role", async () => {
    const people = newUsers(6);
    const { id } = await openConversation(store, people.slice(0, 2));
    const twice = await conversations.addMembers(id, [people[3]!, people[2]!, people[3]!], "member", 100);
    expect(twice.ok && twice.value.map((change) => change.member as number)).toEqual([3, 4]);
    expect((await head(id)).memberCount).toBe(4);
    await conversations.setMember(id, people[1]!, { active: false });
    const added = await conversations.addMembers(id, [people[4]!, people[1]!, people[0]!], "admin", 100);
    const { rev: now } = await head(id);
    const change = { kind: "member", role: "admin", active: true, displayName: "" } as const;
    expect(added).toEqual({
      ok: true,
      value: [
        { ...change, member: no(5), user: people[4]!, rev: rev(now - 1) },
        { ...change, member: no(2), user: people[1]!, rev: now },
      ],
    });
    const numbered = await other.members(id, 0, 100, false);
    expect(numbered.map(({ member, user }) => [member as number, people.indexOf(user)])).toEqual([
      [1, 0],
      [2, 1],
      [3, 3],
      [4, 2],
      [5, 4],
    ]);
  });

  test("[P12] members are paged by number, with or without those who left, and found by number", async () => {
    const people = newUsers(5);
    const { id } = await openConversation(store, people);
    await conversations.setMember(id, people[2]!, { active: false });
    const numbers = async (after: number, count: number, alsoLeft: boolean) =>
      (await other.members(id, after, count, alsoLeft)).map((member) => member.member as number);
    expect(await numbers(0, 3, false)).toEqual([1, 2, 4]);
    expect(await numbers(4, 3, false)).toEqual([5]);
    expect(await numbers(1, 2, true)).toEqual([2, 3]);
    const found = await other.membersByNumber(id, [no(3), no(1), no(9)]);
    expect(found.map(({ member, active }) => [member as number, active]).sort()).toEqual([
      [1, true],
      [3, false],
    ]);
  });

  test("[P12] members of many conversations are found by number, in the order asked", async () => {
    const [ana, bo, cy] = newUsers(3) as [UserId, UserId, UserId];
    const [one, two] = [await openConversation(store, [ana, bo]), await openConversation(store, [cy])];
    await conversations.setMember(one.id, bo, { active: false });
    const found = await other.membersAt([
      { conversation: two.id, member: no(1) },
      { conversation: one.id, member: no(2) },
      { conversation: two.id, member: no(2) },
      { conversation: one.id, member: no(1) },
      { conversation: two.id, member: no(1) },
    ]);
    expect(found.map((member) => member && [member.conversation, member.user, member.active])).toEqual([
      [two.id, cy, true],
      [one.id, bo, false],
      null,
      [one.id, ana, true],
      [two.id, cy, true],
    ]);
    expect(await other.membersAt([])).toEqual([]);
  });

  test("[P13] what stands so already takes no rev, and refusals are named", async () => {
    const [owner, second, third, stranger] = newUsers(4) as [UserId, UserId, UserId, UserId];
    const { id } = await openConversation(store, [owner, second, third]);
    await conversations.setMember(id, third, { active: false });
    await conversations.rename(id, "Title");
    const before = await head(id);
    const role = (user: UserId, wish: Role) => conversations.setMember(id, user, { role: wish });
    expect(await conversations.addMembers(id, [second, owner, second], "admin", 1)).toEqual({
      ok: true,
      value: [],
    });
    expect(await role(second, "member")).toEqual(nothing);
    expect(await conversations.rename(id, "Title")).toEqual(nothing);
    expect(await conversations.setMember(id, third, { active: false })).toEqual(nothing);
    expect(await role(third, "admin")).toEqual(refused("not_a_member"));
    expect(await role(stranger, "admin")).toEqual(refused("not_a_member"));
    expect(await conversations.setMember(id, stranger, { active: false })).toEqual(refused("not_a_member"));
    expect(await conversations.addMembers(id, [third, stranger], "member", 3)).toEqual(refused("too_many"));
    expect(await conversations.addMembers(id, [second, stranger], "member", 2)).toEqual(refused("too_many"));
    const nowhere = newConversationId();
    const unknown = refused("unknown_conversation");
    expect(await conversations.addMembers(nowhere, [owner], "member", 9)).toEqual(unknown);
    expect(await conversations.setMember(nowhere, owner, { active: false })).toEqual(unknown);
    expect(await conversations.rename(nowhere, "x")).toEqual(unknown as never);
    expect(await head(id)).toEqual(before);
  });

  test("[P13] the same person added at once by many is added once; together they never pass membersMax", async () => {
    const { id } = await openConversation(store);
    const [person] = newUsers(1);
    const add = (people: readonly UserId[], index: number) =>
      (index % 2 ? conversations : other).addMembers(id, people, "member", 8);
    const same = await Promise.all(Array.from({ length: 6 }, (_, index) => add([person!], index)));
    expect(same.flatMap((answer) => (answer.ok ? answer.value : [])).length).toBe(1);
    const pairs = await Promise.all(Array.from({ length: 6 }, (_, index) => add(newUsers(2), index)));
    expect(pairs.filter((answer) => answer.ok).length).toBe(2);
    expect((await head(id)).memberCount).toBe(7);
  });

  test("[P14] each membership change is in the outbox, with where the conversation stood at the joining", async () => {
    const consumer = await consumerAtTheEnd(store.outbox);
    const [owner, second, third] = newUsers(3) as [UserId, UserId, UserId];
    const { id, rev: created } = await openConversation(store, [owner, second]);
    await fill(store.messageLog, id, 3);
    await conversations.addMembers(id, [third, second], "member", 100);
    await fill(store.messageLog, id, 2);
    await conversations.setMember(id, third, { role: "admin" });
    await conversations.setMember(id, second, { active: false });
    await conversations.addMembers(id, [second], "member", 100);
    await conversations.setMember(id, owner, { active: false }); // refused: the last owner
    await conversations.addMembers(id, [third], "member", 100); // stands so already
    const rows = membershipsOf(await consumer.next(), id);
    const row = (user: UserId, member: number, at: number, active: boolean, joined: number) => ({
      user,
      conversation: id,
      member: no(member),
      rev: rev(at),
      active,
      joinedSeq: seq(joined),
    });
    expect(rows.slice(0, 2)).toMatchObject([
      { user: owner, member: 1, active: true, joinedSeq: 0 },
      { user: second, member: 2, active: true, joinedSeq: 0 },
    ]);
    expect(rows.slice(2)).toEqual([
      row(third, 3, created + 4, true, 3),
      row(third, 3, created + 7, true, 3),
      row(second, 2, created + 8, false, 0),
      row(second, 2, created + 9, true, 5),
    ]);
  });

  test("[P15] the last owner neither leaves nor is lowered while others remain; the last of all may go", async () => {
    const [owner, second] = newUsers(2) as [UserId, UserId];
    const { id, rev: before } = await openConversation(store, [owner, second], "channel");
    expect(await conversations.setMember(id, owner, { active: false })).toEqual(refused("last_owner"));
    expect(await conversations.setMember(id, owner, { role: "admin" })).toEqual(refused("last_owner"));
    expect((await head(id)).rev).toBe(before);
    expect((await conversations.setMember(id, second, { active: false })).ok).toBe(true);
    expect((await conversations.setMember(id, owner, { active: false })).ok).toBe(true);
    expect((await head(id)).memberCount).toBe(0);
  });

  test("[P15] two owners who go at once: one is refused, whatever they were about to do", async () => {
    for (const wish of [{ active: false }, { role: "member" }] as const)
      for (let round = 0; round < 5; round++) {
        const [first, second, third] = newUsers(3) as [UserId, UserId, UserId];
        const { id } = await openConversation(store, [first, second, third]);
        await conversations.setMember(id, second, { role: "owner" });
        const told = await Promise.all([
          conversations.setMember(id, first, wish),
          other.setMember(id, second, wish),
        ]);
        const refusals = told.flatMap((answer) => (answer.ok ? [] : [answer.refusal]));
        expect(refusals).toEqual(["last_owner"]);
      }
  });
}
